import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { Rng } from '../../src/base/rng.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import type { Preprocessing } from '../../src/data/preprocessing.ts';
import { countModel } from '../../src/cost/count-model.ts';
import { BasicBlock, Bottleneck, createModel, ResNet } from '../../src/models/index.ts';
import { ConvNeXt } from '../../src/models/convnext.ts';
import { RegNet } from '../../src/models/regnet.ts';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  type Module,
} from '../../src/nn/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { classifierOf } from '../../src/node/classifier.ts';
import { readFile, writeFileAtomic } from '../../src/node/files.ts';
import { loadWeights, saveWeights } from '../../src/node/weights.ts';
import { withWeightsFile } from '../../src/node/weights-file.ts';
import { compile } from '../../src/session/compile.ts';
import { faultsOf, matchTensors, type Described } from '../../src/weights/match.ts';
import { asTorchvisions } from '../../src/weights/name-maps.ts';
import { pytorchParts } from '../../src/weights/pytorch/write.ts';
import { entriesOf, readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { relativeDistance } from '../support/compare.ts';
import { findPython } from '../support/python.ts';

/**
 * Networks that torchvision initialised and saved (networks.py beside this file): the same logits here to 1e-4 of the
 * largest, from both of PyTorch's formats and from safetensors; and back again, loaded strictly by torchvision.
 */
const tolerance = 1e-4;
const found = findPython('torchvision');
const python = found ?? '';
const script = fileURLToPath(new URL('networks.py', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/torchvision', import.meta.url));

const narrow: Readonly<Record<string, () => Module>> = {
  narrow_basic: () => new ResNet(BasicBlock, [1, 2, 1, 1], { planes: 4, numClasses: 10 }),
  narrow_bottleneck: () => new ResNet(Bottleneck, [1, 2, 1, 1], { planes: 4, numClasses: 10 }),
  narrow_resnext: () =>
    new ResNet(Bottleneck, [1, 2, 1, 1], { planes: 4, numClasses: 10, groups: 8, widthPerGroup: 16 }),
};

/** Every network of torchvision's of which we have the family, by its name there. */
const listed = [
  ...['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152', 'wide_resnet50_2', 'wide_resnet101_2'],
  ...['resnext50_32x4d', 'resnext101_32x8d', 'resnext101_64x4d', 'mobilenet_v2', 'mobilenet_v3_small'],
  ...['mobilenet_v3_large', 'mnasnet0_5', 'mnasnet0_75', 'mnasnet1_0', 'mnasnet1_3', 'efficientnet_v2_s'],
  ...[0, 1, 2, 3, 4].map((size) => `efficientnet_b${size}`),
  ...['x0_5', 'x1_0', 'x1_5', 'x2_0'].map((size) => `shufflenet_v2_${size}`),
  ...['x', 'y'].flatMap((letter) =>
    ['400mf', '800mf', '1_6gf', '3_2gf', '8gf', '16gf', '32gf'].map((size) => `regnet_${letter}_${size}`),
  ),
  ...['tiny', 'small', 'base', 'large'].map((size) => `convnext_${size}`),
];

const asItIs: Preprocessing = {
  channels: 3,
  size: [64, 64],
  resize: null,
  interpolation: 'bilinear',
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

const hasTorchvision = found !== undefined;
if (!hasTorchvision) {
  console.warn(
    'SKIPPED: whole networks of torchvision: no torchvision here (apt-get install python3-torchvision)',
  );
}

let backend: Backend;
let folder: string;
beforeAll(async () => {
  backend = await createNodeBackend({ name: 'wasm' });
  folder = await mkdtemp(join(tmpdir(), 'torchvision-'));
});
afterAll(async () => {
  started?.end();
  await backend.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** How far a network's logits are from torchvision's, relative to the largest of them. */
async function difference(model: Module, from: string, name: string): Promise<number> {
  const { tensors } = await readSafetensors(await readFile(join(from, `${name}.expected.safetensors`)));
  const [input, expected] = [tensors.get('input'), tensors.get('logits')];
  if (input?.dtype !== 'F32' || expected?.dtype !== 'F32')
    throw new Error(`${name}: nothing to compare with`);
  const compiled = await compile(model, { input: input.shape, backend });
  const { data } = await compiled.forward(input.data);
  await compiled.dispose();
  const largest = Math.max(...expected.data.map(Math.abs));
  return Math.max(...data.map((value, index) => Math.abs(value - expected.data[index]))) / largest;
}

const quarter = { widthMultiplier: 0.25, numClasses: 10 };
const regnet = {
  ...{ depth: 6, initialWidth: 16, slope: 12, multiplier: 2.2, groupWidth: 8 },
  halves: 'up',
} as const;

/** Networks whose tensors torchvision calls otherwise: small copies of each family, and the same of ours. */
const mobile: Readonly<Record<string, () => Module>> = {
  narrow_mobilenet_v2: () => createModel('mobilenetv2_100', quarter),
  narrow_mobilenet_v3_small: () => createModel('mobilenet_v3_small', { numClasses: 10 }),
  narrow_mobilenet_v3_large: () => createModel('mobilenet_v3_large', { numClasses: 10 }),
  narrow_mnasnet: () => createModel('mnasnet_100', quarter),
  narrow_efficientnet_b0: () => createModel('efficientnet_b0', { ...quarter, depthMultiplier: 0.5 }),
  narrow_efficientnet_v2_s: () => createModel('efficientnet_v2_s', { ...quarter, depthMultiplier: 0.2 }),
  narrow_shufflenet_v2_x0_5: () => createModel('shufflenet_v2_x0_5', { ...quarter, widthMultiplier: 0.5 }),
  narrow_regnet_x: () => named('regnetx_004_tv', new RegNet(regnet, { numClasses: 10 })),
  narrow_regnet_y: () => named('regnety_008_tv', new RegNet(regnet, { numClasses: 10, squeeze: true })),
  narrow_convnext: () =>
    named(
      'convnext_tiny',
      new ConvNeXt({ depths: [1, 2, 1, 1], widths: [8, 16, 32, 64] }, { numClasses: 10 }),
    ),
};

function named(name: string, model: Module): Module {
  model.displayName = name;
  return model.initialize(0);
}

/** A PyTorch file of a network's weights. */
async function writeTorch(weights: string, path: string): Promise<void> {
  await withWeightsFile(weights, ({ tensors }) => writeFileAtomic(path, pytorchParts(tensors)));
}

/** What torchvision says of a PyTorch file that we wrote: how far its logits are from those before. */
async function askTorchvision(from: string, name: string, file: string): Promise<number> {
  return ((await torchvision().ask('check', from, name, file)) as { difference: number }).difference;
}

interface Torchvision {
  /** Runs a command of networks.py and gives what it printed. */
  ask(...args: readonly (string | number)[]): Promise<unknown>;
  end(): void;
}

let started: Torchvision | undefined;

/** One process for all questions: PyTorch takes seconds to load. */
function torchvision(): Torchvision {
  started ??= startTorchvision();
  return started;
}

function startTorchvision(): Torchvision {
  const child = spawn(python, [script, 'serve']);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (...args) => {
      child.stdin.write(`${JSON.stringify(args)}\n`);
      const { done, value } = await lines.next();
      if (done === true) throw new Error(`networks.py ${args.join(' ')} failed: ${said}`);
      return JSON.parse(value) as unknown;
    },
    end: () => {
      child.stdin.end();
    },
  };
}

/** Whether two networks have the same bits; a comparison that prints millions of numbers would take minutes. */
function sameNumbers(one: Module, other: Module): boolean {
  const theirs = other.stateDict();
  return [...one.stateDict()].every(([name, { data }]) => {
    const expected = theirs.get(name)?.data;
    return (
      expected !== undefined &&
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(
        Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength),
      )
    );
  });
}

const endings = ['pth', 'legacy.pth', 'safetensors'];

describe.each(Object.keys(narrow))('%s', (name) => {
  test.each(endings)('gives torchvision’s logits from .%s', async (ending) => {
    const model = narrow[name]();
    await loadWeights(model, join(fixtures, `${name}.${ending}`));
    expect(await difference(model, fixtures, name)).toBeLessThan(tolerance);
  });

  test('is the same to the last bit from all three, and through both that we write', async () => {
    const states = [];
    const safe = join(folder, `${name}.safetensors`);
    const torch = join(folder, `${name}.pth`);
    const original = narrow[name]();
    await loadWeights(original, join(fixtures, `${name}.pth`));
    await saveWeights(original, safe);
    await writeTorch(safe, torch);
    for (const file of [...endings.map((ending) => join(fixtures, `${name}.${ending}`)), safe, torch]) {
      const model = narrow[name]();
      await loadWeights(model, file);
      states.push(model.stateDict());
    }
    for (const state of states.slice(1)) expect(state).toEqual(states[0]);
  });

  test.skipIf(!hasTorchvision)('is loaded strictly by torchvision when it is written back', async () => {
    const back = join(folder, `${name}.back.pth`);
    await writeTorch(join(fixtures, `${name}.safetensors`), back);
    expect(await askTorchvision(fixtures, name, back)).toBeLessThan(tolerance);
  });
});

describe.skipIf(!hasTorchvision)('networks of torchvision, whole', () => {
  test('have our tensors, each of its shape, and as many parameters', async () => {
    const found = (await torchvision().ask('list', folder, ...listed)) as Record<
      string,
      { readonly parameters: number; readonly shapes: Readonly<Record<string, readonly number[]>> }
    >;
    for (const name of listed) {
      const { parameters, shapes } = found[name];
      const tensors = new Map(
        Object.entries(shapes).map(([key, shape]): [string, Described] => [key, { dtype: 'F32', shape }]),
      );
      expect(faultsOf(matchTensors(tensors, createModel(name).stateSpecs())), name).toBe(0);
      expect(countModel(name).params, name).toBe(parameters);
    }
  });

  test('give the same logits from every format, and back', async () => {
    const name = 'resnet18';
    await torchvision().ask('save', folder, name);
    for (const ending of endings) {
      const model = createModel(name);
      await loadWeights(model, join(folder, `${name}.${ending}`));
      expect(await difference(model, folder, name), ending).toBeLessThan(tolerance);
    }
    const back = join(folder, `${name}.back.pth`);
    await writeTorch(join(folder, `${name}.safetensors`), back);
    expect(await askTorchvision(folder, name, back)).toBeLessThan(tolerance);
  });

  // A class of torchvision's own, and one of another module.
  test.each(['narrow_mobilenet_v2', 'narrow_resnext'])(
    '%s has the same numbers as a pickled module and as TorchScript',
    async (name) => {
      await torchvision().ask('all', folder, name);
      const build = narrow[name] ?? mobile[name];
      const expected = build();
      await loadWeights(expected, join(folder, `${name}.pth`));
      for (const ending of ['whole.pth', 'whole.legacy.pth', 'holding.pth', 'script.pt', 'trace.pt']) {
        const model = build();
        await loadWeights(model, join(folder, `${name}.${ending}`));
        expect(sameNumbers(model, expected), ending).toBe(true);
      }
    },
  );
});

describe.skipIf(!hasTorchvision).each(Object.keys(mobile))('torchvision’s %s', (name) => {
  test('has the same logits here, and is loaded strictly by torchvision when it is written back', async () => {
    await torchvision().ask('save', folder, name);
    const model = mobile[name]();
    await loadWeights(model, join(folder, `${name}.legacy.pth`));
    expect(await difference(model, folder, name)).toBeLessThan(tolerance);

    const own = entriesOf(model.stateDict());
    const back = join(folder, `${name}.back.pth`);
    await writeFileAtomic(back, pytorchParts(asTorchvisions(model.displayName ?? '', own) ?? own));
    expect(await askTorchvision(folder, name, back)).toBeLessThan(tolerance);
  });
});

/** The end of VGG, where nothing is averaged: networks.py has the same. */
function narrowVgg(): Module {
  const linear = (from: number, to: number) => new Linear(from, to);
  const conv = (from: number, to: number) => new Conv2d(from, to, 3, { padding: 1 });
  return new Sequential(
    ...[conv(3, 6), new ReLU(), new MaxPool2d(2), conv(6, 8), new ReLU(), new MaxPool2d(2)],
    ...[new AdaptiveAvgPool2d(7), new Flatten(), linear(8 * 7 * 7, 20), new ReLU(), new Dropout()],
    ...[linear(20, 20), new ReLU(), new Dropout(), linear(20, 10)],
  ).initialize(1);
}

describe.skipIf(!hasTorchvision).each([
  ['narrow_resnext', 'layer4'],
  ['narrow_vgg', '4'],
])('%s', (name, layer) => {
  test('is explained as by PyTorch’s autograd', async () => {
    const model = name === 'narrow_vgg' ? narrowVgg() : narrow[name]();
    if (name !== 'narrow_vgg') await loadWeights(model, join(fixtures, `${name}.pth`));
    await saveWeights(model, join(folder, `${name}.explain.safetensors`));
    const weights = join(folder, `${name}.explain.pth`);
    await writeTorch(join(folder, `${name}.explain.safetensors`), weights);

    // Of bright and dark spots, so that places differ.
    const [width, height] = [64, 64];
    const rng = Rng.of(7, name);
    const spots = Array.from({ length: 64 }, () => rng.int(256));
    const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
      const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
      return spots[8 * (y >> 3) + (x >> 3)] ^ rng.int(32);
    });
    const input = Float32Array.from(data, (_, i) => data[(i % 4096) * 3 + Math.floor(i / 4096)] / 255);
    const tensors = new Map([['input', f32([1, 3, height, width], input)]]);
    await writeFileAtomic(join(folder, `${name}.input.safetensors`), await writeSafetensors(tensors));

    const classifier = await classifierOf(
      { model, description: { name, options: {} }, classes: undefined },
      { backend, preprocessing: asItIs },
    );
    const picture = { data, width, height, channels: 3 } as const;
    const found = await classifier.explain(picture);
    const features = await classifier.features(picture);
    await classifier.dispose();

    await torchvision().ask('explain', folder, name, weights, layer, found.label);
    const explained = await readFile(join(folder, `${name}.explained.safetensors`));
    const expected = (await readSafetensors(explained)).tensors;
    const distance = (actual: Float32Array, key: string) => {
      const tensor = expected.get(key);
      return tensor?.dtype === 'F32' ? relativeDistance(actual, tensor.data) : NaN;
    };
    const [probability] = expected.get('probabilities')?.data.subarray(found.label) ?? [];
    expect(found.probability).toBeCloseTo(Number(probability), 5);
    expect(distance(found.map, 'map')).toBeLessThan(tolerance);
    expect(Math.max(...found.map)).toBeGreaterThan(0.5);
    expect(distance(features, 'features')).toBeLessThan(tolerance);
  });
});
