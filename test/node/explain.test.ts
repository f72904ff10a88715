import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { DisposedError, UsageError } from '../../src/base/errors.ts';
import { f32 } from '../../src/base/tensor-data.ts';
import type { Preprocessing } from '../../src/data/preprocessing.ts';
import { AdaptiveAvgPool2d, Conv2d, Flatten, Linear, Sequential, type Module } from '../../src/nn/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { classifierOf } from '../../src/node/classifier.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import { watchedBackend } from '../support/rounds.ts';

const classes = ['red', 'green', 'blue'];
const preprocessing: Preprocessing = {
  channels: 3,
  size: [4, 4],
  resize: 4,
  interpolation: 'nearest',
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/** Its last feature map is the picture, and logits are ten times the mean of each colour: all can be worked out by hand. */
function colourNetwork(): Module {
  const model = new Sequential(
    new Conv2d(3, 3, 1, { bias: false }),
    new AdaptiveAvgPool2d(1),
    new Flatten(),
    new Linear(3, 3, { bias: false }),
  );
  const identity = (factor: number) => Float32Array.of(factor, 0, 0, 0, factor, 0, 0, 0, factor);
  model.loadStateDict(
    new Map([
      ['0.weight', f32([3, 3, 1, 1], identity(1))],
      ['3.weight', f32([3, 3], identity(10))],
    ]),
  );
  return model;
}

function classifierWith(model: Module, backend = createReferenceBackend()): Promise<Classifier> {
  const description = { name: 'colours', options: {} };
  return classifierOf({ model, description, classes }, { backend, preprocessing });
}

/** Raw pixels whose left and right half have a colour each. */
function halves(left: readonly number[], right: readonly number[], width = 4, height = 4) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const x = Math.floor(i / 3) % width;
    return (x < width / 2 ? left : right)[i % 3];
  });
  return { data, width, height, channels: 3 as const };
}

const redAndBlue = halves([200, 0, 0], [50, 0, 240]);

let classifier: Classifier;
beforeAll(async () => {
  classifier = await classifierWith(colourNetwork());
});
afterAll(() => classifier.dispose());

describe('explain', () => {
  test('tells where the first class is seen, with its probability', async () => {
    const found = await classifier.explain(redAndBlue);
    const [best] = await classifier.classify(redAndBlue);
    expect(found).toMatchObject({ label: 0, class: 'red', width: 4, height: 4 });
    expect(found.probability).toBe(best.probability);
    expect([...found.map.subarray(0, 4)]).toEqual([1, 1, 0.25, 0.25]);
    expect(found.region).toEqual({ left: 0, top: 0, width: 4, height: 4 });
  });

  test.each(['blue', 2, '2'])('explains the class %j', async (label) => {
    const found = await classifier.explain(redAndBlue, { label });
    const answers = await classifier.classify(redAndBlue, { topK: 3 });
    expect(found).toMatchObject(answers.find((answer) => answer.label === 2) ?? {});
    expect([...found.map.subarray(0, 4)]).toEqual([0, 0, 1, 1]);
  });

  test('refuses a class that there is not', async () => {
    await expect(classifier.explain(redAndBlue, { label: 'reed' })).rejects.toThrow(UsageError);
    await expect(classifier.explain(redAndBlue, { label: 3 })).rejects.toThrow(/from 0 to 2, got 3/);
  });

  test('says where in the picture the network looked', async () => {
    // 4×4 of 8×4 pixels, of a picture ten times that.
    const found = await classifier.explain(halves([200, 0, 0], [0, 0, 0], 80, 40));
    expect(found.region).toEqual({ left: 20, top: 0, width: 40, height: 40 });
  });

  test('needs a feature map, features need a linear layer', async () => {
    const flat = await classifierWith(
      new Sequential(new AdaptiveAvgPool2d(1), new Flatten(), new Linear(3, 3)),
    );
    await expect(flat.explain(redAndBlue)).rejects.toThrow(
      /^colours cannot be explained: it has no feature map/,
    );
    await flat.features(redAndBlue);
    await flat.dispose();
    const convolved = await classifierWith(
      new Sequential(new Conv2d(3, 3, 1), new AdaptiveAvgPool2d(1), new Flatten()),
    );
    await expect(convolved.features(redAndBlue)).rejects.toThrow(/^colours has no features: /);
    await convolved.explain(redAndBlue);
    await convolved.dispose();
  });

  test('is the same on threads', async () => {
    const threads = await classifierWith(colourNetwork(), await createNodeBackend({ threads: 2 }));
    const found = await threads.explain(redAndBlue);
    expect(found.map).toEqual((await classifier.explain(redAndBlue)).map);
    expect(found.probability).toBe((await threads.classify(redAndBlue))[0].probability);
    await threads.dispose();
  });
});

test('features are what the last linear layer reads', async () => {
  const features = await classifier.features(redAndBlue);
  expect(features).toHaveLength(3);
  [125, 0, 120].forEach((mean, c) => {
    expect(features[c]).toBeCloseTo(mean / 255, 6);
  });
});

describe('an overlay', () => {
  /** Pixels of a PNG, and RGB at a place. */
  async function pixels(png: Uint8Array) {
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number) => [
      ...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3),
    ];
    return { width: info.width, height: info.height, channels: info.channels, at };
  }

  test('shows the whole picture, and in colours what speaks for the class', async () => {
    const found = await classifier.explain(halves([200, 0, 0], [0, 200, 0], 400, 200), { label: 'red' });
    const { width, height, channels, at } = await pixels(await found.overlay());
    expect([width, height, channels]).toEqual([400, 200, 3]);
    // Not seen, in the middle and seen as red, seen and nothing of it.
    const [outside, red, green] = [at(20, 100), at(150, 100), at(290, 100)];
    // Both halves in grey: ITU-R 601 luma of [200, 0, 0] is 60, of [0, 200, 0] 117.
    expect(outside).toEqual([18, 18, 18]);
    expect(green).toEqual([117, 117, 117]);
    // 3/4 of the last colour of inferno, #fcffa4, over 60.
    expect(red).toEqual([204, 206, 138]);
  });

  test('is large enough to be seen, and no larger than is asked for', async () => {
    const found = await classifier.explain(redAndBlue);
    expect(await pixels(await found.overlay())).toMatchObject({ width: 256, height: 256 });
    expect(await pixels(await found.overlay({ size: 7 }))).toMatchObject({ width: 7, height: 7 });
    await expect(found.overlay({ size: 1025 })).rejects.toThrow(UsageError);
    const large = await classifier.explain(halves([1, 2, 3], [4, 5, 6], 3000, 150));
    expect(await pixels(await large.overlay())).toMatchObject({ width: 1024, height: 51 });
  });

  test('of a grey picture is one as well', async () => {
    const data = new Uint8Array(9).fill(80);
    const found = await classifier.explain({ data, width: 3, height: 3, channels: 1 });
    expect(await pixels(await found.overlay())).toMatchObject({ width: 256, height: 256, channels: 3 });
  });
});

describe('beside other work', () => {
  test('every call gets its own answer', async () => {
    const pictures = [redAndBlue, halves([0, 90, 0], [0, 0, 0]), halves([0, 0, 0], [0, 0, 70])];
    const together = await Promise.all(
      pictures.flatMap((picture) => [
        classifier.explain(picture).then(({ label, map }) => [label, ...map]),
        classifier.features(picture).then((features) => [...features]),
        classifier.classify(picture).then(([best]) => [best.label, best.probability]),
      ]),
    );
    const alone = [];
    for (const picture of pictures) {
      const { label, map } = await classifier.explain(picture);
      alone.push([label, ...map], [...(await classifier.features(picture))]);
      const [best] = await classifier.classify(picture);
      alone.push([best.label, best.probability]);
    }
    expect(together).toEqual(alone);
  });

  test('its program is loaded when it is first asked for, once, and freed with the classifier', async () => {
    const { backend, freed } = watchedBackend(() => undefined);
    let loads = 0;
    const load: typeof backend.load = (plan) => {
      loads++;
      return backend.load(plan);
    };
    const counted = await classifierWith(colourNetwork(), { ...backend, load });
    await counted.classify(redAndBlue);
    expect(loads).toBe(1);
    await Promise.all([counted.explain(redAndBlue), counted.features(redAndBlue)]);
    expect(loads).toBe(2);
    await counted.dispose();
    expect(freed.programs).toBe(2);
    await expect(counted.explain(redAndBlue)).rejects.toThrow(DisposedError);
  });

  test('one that fails to load is tried again', async () => {
    const backend = createReferenceBackend();
    let fails = 0;
    const load: typeof backend.load = (plan) =>
      plan.steps.gradient.length > 0 && fails++ === 0
        ? Promise.reject(new Error('no memory'))
        : backend.load(plan);
    const tried = await classifierWith(colourNetwork(), { ...backend, load });
    await expect(tried.explain(redAndBlue)).rejects.toThrow('no memory');
    expect((await tried.explain(redAndBlue)).class).toBe('red');
    await tried.dispose();
  });

  test('a signal ends a call that waits, and the others go on', async () => {
    const first = Promise.withResolvers<undefined>();
    const { backend } = watchedBackend(async (entry) => {
      if (entry === 'gradient') await first.promise;
    });
    const busy = await classifierWith(colourNetwork(), backend);
    const running = busy.explain(redAndBlue);
    const controller = new AbortController();
    const reason = new Error('the client hung up');
    const waiting = busy.explain(redAndBlue, { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    first.resolve(undefined);
    expect((await running).class).toBe('red');
    await busy.dispose();
  });
});
