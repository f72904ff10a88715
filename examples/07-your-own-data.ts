/**
 * Trains on pictures that the program makes: circles and squares, new ones in every epoch, with an augmentation of its own. Run it with
 * `node examples/07-your-own-data.ts [folder for the run]`; run it again with the same folder, and it goes on where it was stopped.
 */
import { Rng } from 'cardinal-nn';
import { ownData, type OwnSample, type Picture } from 'cardinal-nn/data';
import { trainOn } from 'cardinal-nn/node';

const [, , out = `runs/shapes-${Date.now()}`] = process.argv;
const classes = ['circle', 'square'];
const side = 16;

/** A light shape on a dark ground. */
function draw(label: string, rng: Rng): Picture {
  const [x, y, radius] = [rng.uniform(5, 11), rng.uniform(5, 11), rng.uniform(2, 4)];
  const data = Uint8Array.from({ length: side * side }, (_, at) => {
    const [dx, dy] = [Math.abs((at % side) - x), Math.abs(Math.floor(at / side) - y)];
    const isInside = label === 'circle' ? Math.hypot(dx, dy) < radius : Math.max(dx, dy) < radius;
    return (isInside ? 180 : 40) + rng.int(40);
  });
  return { width: side, height: side, channels: 1, data };
}

/** Pictures of an epoch, for ever. All that is random follows from seed and epoch, so a run that goes on gets the same ones. */
function* shapes(epoch: number, seed: number): Generator<OwnSample> {
  const rng = Rng.of(seed, 'shapes', epoch);
  for (;;) {
    const label = classes[rng.int(2)];
    yield { picture: draw(label, rng), label };
  }
}

/** Negatives, now and then: what it draws from its `rng` follows from seed, epoch and picture. */
function inverted(picture: Picture, rng: Rng): Picture {
  return rng.float() < 0.3 ? { ...picture, data: picture.data.map((byte) => 255 - byte) } : picture;
}

const data = await ownData({
  classes,
  name: 'shapes',
  train: { length: 320, stream: shapes },
  val: { length: 100, stream: () => shapes(0, 1) },
});
const network = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], cardinality: 2, baseWidth: 8, planes: 8 },
};
const { evaluation } = await trainOn(data, network, {
  ...{ epochs: 3, batchSize: 16, learningRate: 0.05, out, resume: 'auto', augment: inverted },
  onEvent(event) {
    if (event.type === 'epoch')
      console.log(`epoch ${event.epoch + 1} of ${event.epochs}: loss ${event.train.loss.toFixed(3)}`);
  },
});
console.log(`top-1 accuracy ${evaluation?.top1.toFixed(3) ?? 'unknown'}`);
