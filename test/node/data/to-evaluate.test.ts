import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { UsageError } from '../../../src/base/errors.ts';
import { keyOf } from '../../../src/data/source.ts';
import { picturesToEvaluate } from '../../../src/node/data/to-evaluate.ts';
import type { EvaluatedSplit } from '../../../src/data/to-evaluate.ts';
import { openData } from '../../../src/node/data/open.ts';
import { isWhole } from '../../../src/data/record-pictures.ts';
import { nodePictures } from '../../../src/node/data/pictures.ts';
import { recordOf } from '../../../src/node/data/record-pictures.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { loadTrained } from '../../../src/node/trained.ts';
import type { Trained } from '../../../src/use/trained.ts';
import type { TrainEvent } from '../../../src/train/events.ts';
import { cifarFile, drawing, temporaryFolder, writeBytes, writeClasses } from './support/sources.ts';
import { ConvNetwork, thumbnails } from '../support/own-network.ts';

const settings = {
  ...{ batchSize: 4, epochs: 1, seed: 5, valFraction: 0.25, backend: createReferenceBackend() },
  preprocessing: thumbnails,
} satisfies TrainOnOptions;

const { path: root, remove } = temporaryFolder();
afterAll(remove);
const out = join(root, 'run');
const best = join(out, 'best.safetensors');
/** The pictures that were trained on; every test gets a copy. */
const original = join(root, 'original');
const photos = join(root, 'photos');
let trained: Trained;
let heldOut: string[];
const train = async (more: Partial<TrainOnOptions> = {}): Promise<TrainEvent[]> => {
  const events: TrainEvent[] = [];
  await trainOn(photos, new ConvNetwork().initialize(1), {
    ...settings,
    onEvent: (event) => void events.push(event),
    ...more,
  });
  return events;
};
beforeAll(async () => {
  await writeClasses(original, { dark: 12, light: 8 });
  cpSync(original, photos, { recursive: true });
  await train({ out });
  trained = await loadTrained(best, { model: new ConvNetwork() });
  const { val } = await openData(original, { seed: 5, valFraction: 0.25 });
  heldOut = Array.from({ length: val?.length ?? 0 }, (_, i) => (val && keyOf(val, i)) ?? '').toSorted();
});
beforeEach(() => {
  rmSync(photos, { recursive: true, force: true });
  cpSync(original, photos, { recursive: true });
});

async function evaluated(path: string, split?: EvaluatedSplit, weights: Partial<Trained> = trained) {
  const { dataset, ...rest } = await picturesToEvaluate(path, weights, split);
  return { ...rest, keys: Array.from({ length: dataset.length }, (_, i) => keyOf(dataset, i)).toSorted() };
}

describe('the folder that was trained on', () => {
  test('is evaluated on what was held out of it, wherever it lies now', async () => {
    expect(heldOut).toHaveLength(5);
    const moved = join(root, 'moved');
    renameSync(photos, moved);
    const { keys, split, on, note, warning } = await evaluated(moved);
    expect({ keys, split, on, warning }).toEqual({
      ...{ keys: heldOut, split: 'val', on: 'held-out pictures', warning: undefined },
    });
    expect(note).toBe(
      `the weights were trained on ${moved}: evaluated on the 5 pictures that training held out (25 % of each class, seed 5); \`split: 'all'\` takes every picture`,
    );
    rmSync(moved, { recursive: true });
  });

  test.each<[EvaluatedSplit, number, RegExp | undefined]>([
    ['val', 5, undefined],
    ['train', 15, /were trained on these 15 pictures/],
    ['all', 20, /were trained on 15 of these 20 pictures/],
  ])('--split %s takes %i pictures', async (split, count, warning) => {
    const { keys, warning: said } = await evaluated(photos, split);
    expect(keys).toHaveLength(count);
    if (warning === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(warning);
  });

  test('under a folder of splits is known, too', async () => {
    const splits = join(root, 'splits');
    cpSync(photos, join(splits, 'train'), { recursive: true });
    await writeClasses(join(splits, 'test'), { light: 2 });
    expect(await evaluated(splits)).toMatchObject({ split: 'test', warning: undefined });
    expect((await evaluated(splits, 'val')).keys).toEqual(heldOut);
    expect((await evaluated(splits, 'all')).keys).toHaveLength(22);
    rmSync(splits, { recursive: true });
  });

  test('with a picture more or less is evaluated as a whole, with a warning', async () => {
    writeBytes(join(photos, 'dark', 'new.png'), await drawing([1, 2, 3]).png().toBuffer());
    const { keys, warning } = await evaluated(photos);
    expect(keys).toHaveLength(21);
    expect(warning).toMatch(
      /^the weights were trained on 15 of these 21 pictures: expect a lower accuracy on new ones$/,
    );
    await expect(evaluated(photos, 'val')).rejects.toThrow(UsageError);
    await expect(evaluated(photos, 'val')).rejects.toThrow(
      /has no val pictures, it has train, and it is not known to be/,
    );
  });

  test('with other pictures under the same names is another folder', async () => {
    for (const name of ['dark', 'light']) {
      for (let n = 0; n < (name === 'dark' ? 12 : 8); n++) {
        const picture = await drawing([n, 1, 1]).png().toBuffer();
        writeFileSync(join(photos, name, `${String(n).padStart(3, '0')}.png`), picture);
      }
    }
    expect(await evaluated(photos)).toMatchObject({ split: 'train', note: undefined, warning: undefined });
  });
});

test('new pictures are evaluated without a word', async () => {
  const fresh = join(root, 'fresh');
  await writeClasses(join(fresh), { light: 3 });
  for (let n = 0; n < 3; n++)
    writeFileSync(join(fresh, 'light', `00${n}.png`), await drawing([n, 9, 9]).png().toBuffer());
  expect(await evaluated(fresh)).toMatchObject({
    split: 'train',
    on: 'pictures',
    note: undefined,
    warning: undefined,
  });
});

test('a checkpoint that does not say it is warned of, bare weights of other programs are not', async () => {
  const { classes } = trained;
  expect((await evaluated(photos, undefined, { classes, ours: true })).warning).toMatch(
    /do not say which pictures/,
  );
  expect((await evaluated(photos, undefined, { classes, ours: false })).warning).toBeUndefined();
});

test('records are the same bytes for the same pictures, and tell CIFAR files apart', async () => {
  const data = await openData(photos, { seed: 5, valFraction: 0.25 });
  expect(await recordOf(data)).toEqual(trained.pictures?.[0]);
  const cifar = join(root, 'cifar');
  writeBytes(join(cifar, 'data_batch_1.bin'), cifarFile([[0], [1], [0], [1], [0], [1], [0], [1]]));
  const opened = await openData(cifar, { valFraction: 0.25 });
  const record = await recordOf(opened);
  expect(record).toMatchObject({ count: 6, heldOut: { seed: 0, fraction: 0.25 } });
  const whole = await openData(cifar, { valFraction: 0 });
  if (whole.train === undefined) throw new Error('no pictures');
  expect(await isWhole(record, whole.train, nodePictures)).toBe(true);
  writeBytes(join(cifar, 'data_batch_1.bin'), cifarFile([[0], [1], [0], [1], [0], [1], [1], [0]]));
  const other = await openData(cifar, { valFraction: 0 });
  if (other.train === undefined) throw new Error('no pictures');
  expect(await isWhole(record, other.train, nodePictures)).toBe(false);
});

describe('training', () => {
  const warnings = (events: readonly TrainEvent[]): string[] =>
    events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));

  test('that begins with weights says if they have seen its validation pictures', async () => {
    const again = { weights: best, onEvent: undefined };
    const said = async (seed: number): Promise<string[]> => {
      const events: TrainEvent[] = [];
      const model = new ConvNetwork();
      await trainOn(photos, model, {
        ...settings,
        ...again,
        seed,
        onEvent: (event) => void events.push(event),
      });
      return warnings(events);
    };
    expect(await said(5)).toEqual([]);
    const [warning] = await said(6);
    expect(warning).toMatch(
      /trained on (. of )?these 5 validation pictures: .* held out 25 % of each class with seed 5$/,
    );
  });

  test('keeps the records of the weights that it began with', async () => {
    const more = join(root, 'more');
    await trainOn(photos, new ConvNetwork(), { ...settings, weights: best, out: more, seed: 6 });
    const { pictures } = await loadTrained(join(more, 'best.safetensors'), { model: new ConvNetwork() });
    expect(pictures?.map((record) => record.heldOut?.seed)).toEqual([6, 5]);
    // What the later training held out, the earlier one has seen.
    expect((await evaluated(photos, undefined, { pictures })).warning).toMatch(/were trained on/);
  });

  test('that is continued holds out what it did, and refuses other pictures', async () => {
    const run = join(root, 'resumed');
    const stop = new AbortController();
    await train({
      ...{ out: run, epochs: 3, signal: stop.signal },
      onEvent: ({ type }) => {
        if (type === 'epoch') stop.abort();
      },
    });
    const resume = { out: run, resume: true, seed: undefined, epochs: 3 };
    await expect(train({ ...resume, valFraction: 0.5 })).rejects.toThrow(
      /the run to continue has its own, 0\.25/,
    );
    renameSync(join(photos, 'dark', '000.png'), join(photos, 'dark', 'renamed.png'));
    await expect(train({ ...resume, valFraction: undefined })).rejects.toThrow(
      /trained on other pictures than/,
    );
    renameSync(join(photos, 'dark', 'renamed.png'), join(photos, 'dark', '000.png'));
    const events = await train({ ...resume, valFraction: undefined });
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'finished' });
  });

  test('says what is left out, or refuses it if strict', async () => {
    writeBytes(join(photos, 'dark', 'a.heic'), 'x');
    expect(warnings(await train())).toEqual([
      'left out: 1 .heic picture (the decoder here reads no HEIC: convert them to JPEG or PNG)',
    ]);
    await expect(train({ strict: true })).rejects.toThrow(/not everything in it is read/);
  });

  test('augments photos with crops and flips unless asked otherwise; thumbnails as CIFAR, grey ones without mirrors', async () => {
    const augmentationOf = async (more: Partial<TrainOnOptions> = {}): Promise<unknown> => {
      const run = join(root, `augmented-${Math.random()}`);
      await train({ ...more, out: run });
      return (await loadTrained(join(run, 'best.safetensors'), { model: new ConvNetwork() })).recipe
        ?.augmentation;
    };
    expect(await augmentationOf()).toMatchObject({ crop: { kind: 'pad', padding: 1 }, flip: 0.5 });
    expect(await augmentationOf({ augment: 'none' })).toEqual({ flip: 0, lighting: 0 });
    expect(await augmentationOf({ recipe: 'imagenet' })).toMatchObject({ jitter: {}, lighting: 0.1 });
    expect(await augmentationOf({ recipe: 'imagenet', augment: 'flip' })).toEqual({ flip: 0.5, lighting: 0 });
    for (const name of ['dark', 'light']) {
      writeFileSync(join(photos, name, '000.png'), await drawing([9, 9, 9], 80, 60).png().toBuffer());
    }
    expect(await augmentationOf()).toMatchObject({
      crop: { kind: 'random-resized', scale: [0.35, 1] },
      flip: 0.5,
    });
    for (const [name, count] of [
      ['dark', 12],
      ['light', 8],
    ] as const) {
      for (let n = 0; n < count; n++) {
        const file = join(photos, name, `${String(n).padStart(3, '0')}.png`);
        writeFileSync(file, await drawing([n, n, n]).png().toBuffer());
      }
    }
    expect(await augmentationOf()).toMatchObject({ crop: { kind: 'pad', padding: 1 }, flip: 0 });
    await expect(train({ augment: 'flipp' as 'flip' })).rejects.toThrow(/expected augment to be 'none'/);
    await expect(train({ augment: 'flip', augmentation: undefined })).resolves.toBeDefined();
  });

  test('on fewer pictures than a batch says what to do, with the numbers', async () => {
    await expect(train({ recipe: 'imagenet', batchSize: undefined })).rejects.toThrow(
      /has 15 pictures to train on, fewer than one batch of recipe imagenet \(256\): use `batchSize: 1` and `learningRate: 0\.000391`$/,
    );
  });
});
