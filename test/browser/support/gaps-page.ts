import { createModel, nn, planTraining } from '../../../src/index.ts';
import { createBackend, loadClassifier, openPictures, trainOn } from '../../../src/web/index.ts';
import { madeUpPictures } from './made-up-pictures.ts';
import { smallNetwork } from './small-networks.ts';

/**
 * The longest time in which the page could not do anything else while `work` went on, in milliseconds. Whatever else the machine does
 * makes pauses too, at another place in each trial; what the page itself computes does so in every one. So the shortest counts.
 */
async function longestGap(work: (trial: number) => Promise<unknown>): Promise<number> {
  let least = Infinity;
  for (let trial = 0; trial < 20 && least >= 50; trial++) {
    least = Math.min(least, await gapDuring(() => work(trial)));
  }
  return least;
}

async function gapDuring(work: () => Promise<unknown>): Promise<number> {
  let gap = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
  }, 4);
  try {
    await work();
    // The end of it counts as well.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return gap;
  } finally {
    clearInterval(timer);
  }
}

/** What a page does that takes long, and for how long it kept the page from everything else, in milliseconds. */
const calls = {
  /** Two passes, forward and backward, of a network that the page planned itself. */
  async gradients(): Promise<number> {
    const backend = await createBackend({ base: '/dist', threads: 2 });
    const network = createModel('resnet20_cifar');
    const plan = planTraining(nn.trace(network, [16, 3, 32, 32], { training: true }), backend, {
      name: 'net',
      optimizer: { kind: 'sgd', momentum: true, nesterov: false },
    });
    const program = await backend.load(plan);
    const pictures = Float32Array.from({ length: 16 * 3072 }, (_, at) => Math.sin(at));
    const gap = await longestGap(async () => {
      for (let step = 0; step < 2; step++) {
        program.write('input', pictures);
        await program.run('gradient');
      }
    });
    await backend.dispose();
    return gap;
  },
  /** A whole run, from pictures to the checkpoint that is kept. */
  train: () =>
    longestGap((trial) =>
      trainOn(madeUpPictures(), smallNetwork, {
        ...{ base: '/dist', epochs: 3, batchSize: 16, seed: 5, augment: 'shift-flip', imageSize: 16 },
        out: `opfs:gaps/${trial}`,
      }),
    ),
  /** Sixteen files and twelve megapixels of a canvas's. */
  async classify(): Promise<number> {
    await using classifier = await loadClassifier('/weights.safetensors', {
      ...{ base: '/dist', threads: 1, model: 'resnet20_cifar' },
      classes: Array.from({ length: 10 }, (_, label) => `class ${label}`),
      preprocessing: {
        ...{ channels: 3, size: [32, 32], resize: null, interpolation: 'bilinear' },
        ...{ mean: [0.5, 0.4, 0.3], std: [0.25, 0.25, 0.25] },
      },
    });
    const blob = await (await fetch('/picture.png')).blob();
    const large = new ImageData(4000, 3000);
    const files = Array.from({ length: 16 }, () => blob);
    return await longestGap(() => classifier.classifyMany([...files, large]));
  },
  /** Ten thousand files, by their names. */
  async open(): Promise<number> {
    const named = (name: (n: number) => string) =>
      Array.from({ length: 5000 }, (_, n) => new File([`${n}`], name(n)));
    const files = { cats: named((n) => `${(n * 7919) % 5000}.jpg`), dogs: named(() => 'image.jpg') };
    return await longestGap(async () => {
      const { train, val } = await openPictures(files);
      const opened = (train?.length ?? 0) + (val?.length ?? 0);
      if (opened !== 10_000) throw new Error(`expected all files, got ${opened}`);
    });
  },
};

export type GapCalls = typeof calls;
Object.assign(globalThis, { calls });
