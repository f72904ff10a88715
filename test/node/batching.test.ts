import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Backend } from '../../src/backends/backend.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { DeviceLostError, DisposedError, QueueFullError, UsageError } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import { preprocess } from '../../src/data/pipeline.ts';
import { defaultPreprocessing } from '../../src/data/preprocessing.ts';
import { createModel } from '../../src/models/index.ts';
import { classifierOf, loadClassifier } from '../../src/node/classifier.ts';
import type { Times } from '../../src/use/batch/options.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import { watchedBackend } from '../support/rounds.ts';
import { seed } from '../support/seed.ts';
import { drawing, temporaryFolder, writeBytes } from './data/support/sources.ts';

const { path: root, remove } = temporaryFolder();
afterAll(remove);

const preprocessing = defaultPreprocessing({
  ...{ channels: 3, pictureSize: [32, 32], mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
});
const network = () => ({
  model: createModel('resnext_cifar', { layers: [1], planes: 8, numClasses: 5 }).initialize(1),
  description: { name: 'resnext_cifar', options: {} },
  classes: Array.from('abcde'),
});
type Options = Omit<Parameters<typeof classifierOf>[1], 'preprocessing'>;
const classifier = (options: Options): Promise<Classifier> =>
  classifierOf(network(), { preprocessing, ...options });

/** Pixels at random, of sizes that are resized and one that is not. */
const rng = Rng.of(seed, 'batching');
const pictures = Array.from({ length: 19 }, (_, n) => {
  const [width, height] = [32 + (n % 3), 32 + (n % 4)];
  const data = Uint8Array.from({ length: 3 * width * height }, () => rng.int(256));
  return { width, height, channels: 3 as const, data };
});

/** What holds up everything that a backend runs. */
function held(): { readonly backend: Backend; readonly begun: Promise<void>; readonly open: () => void } {
  const begun = Promise.withResolvers<undefined>();
  const opened = Promise.withResolvers<undefined>();
  const { backend } = watchedBackend(async (entry) => {
    if (entry === 'prologue') return;
    begun.resolve(undefined);
    await opened.promise;
  });
  return {
    backend,
    begun: begun.promise,
    open: () => {
      opened.resolve(undefined);
    },
  };
}

let file: string;
beforeAll(async () => {
  file = join(root, 'picture.png');
  writeBytes(file, await drawing([200, 100, 50]).png().toBuffer());
});

describe('the same picture gets the same bytes in any batch', () => {
  const plain = { threads: 2, blas: false };

  test.each([{ isolated: false }, { isolated: true }])('%o', async ({ isolated }) => {
    const alone = await classifier({ ...plain, maxBatch: 1 });
    const expected = [];
    for (const picture of pictures) expected.push(await alone.classify(picture, { topK: 5 }));
    const inputs = pictures.map((picture) => chw(preprocess(picture, preprocessing)));
    const logits: number[] = [];
    for (const input of inputs) logits.push(...(await alone.forward(input)).data);
    await alone.dispose();

    const together = await classifier({ ...plain, isolated });
    const batches = new Set<number>();
    const onTimes = ({ batch }: Times): void => void batches.add(batch);
    const prepared = Float32Array.from(inputs.flatMap((input) => [...input]));
    const [answers, output, ...parts] = await Promise.all([
      Promise.all(pictures.map((picture) => together.classify(picture, { topK: 5, onTimes }))),
      together.forward(prepared, { onTimes }),
      ...inputs.map((input) => together.forward(input, { onTimes })),
    ]);
    expect(answers).toEqual(expected);
    expect(output).toEqual({ shape: [19, 5], data: Float32Array.from(logits) });
    expect(parts.flatMap(({ data }) => [...data])).toEqual(logits);
    expect(Math.max(...batches)).toBe(8);
    await together.dispose();
  });
});

/** H×W×C as C×H×W. */
function chw(input: Float32Array): Float32Array {
  const pixels = input.length / 3;
  return input.map((_, i) => input[(i % pixels) * 3 + Math.floor(i / pixels)]);
}

describe('calls', () => {
  test('tell how long their pictures took, and with how many they were computed', async () => {
    const { backend, begun, open } = held();
    const one = await classifier({ backend, maxBatch: 4 });
    const times: Times[] = [];
    const options = { onTimes: (each: Times) => void times.push(each) };
    const first = one.classify(file, options);
    await begun;
    const rest = [one.classify(file, options), one.forward(new Float32Array(2 * 3072), options)];
    open();
    await Promise.all([first, ...rest]);
    expect(times).toHaveLength(4);
    expect(times[0].batch).toBe(1);
    expect(Math.max(...times.map(({ batch }) => batch))).toBeGreaterThan(1);
    for (const { decode, wait, compute } of times) {
      expect([decode, wait, compute].every((each) => Number.isFinite(each) && each >= 0)).toBe(true);
    }
    await one.dispose();
  });

  test('past the queue are refused, and say when there may be room', async () => {
    const { backend, begun, open } = held();
    const one = await classifier({ backend, maxBatch: 2, queue: 2 });
    const computed = one.classify(file);
    await begun;
    const waiting = [one.classify(file), one.classifyMany([file, file, file, file])];
    expect(one.waiting).toBe(2);
    for (const call of [one.classify(file), one.classifyMany([file]), one.forward(new Float32Array(3072))]) {
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(QueueFullError);
      expect(error).toMatchObject({
        retryAfter: 1,
        message:
          'the classifier of resnext_cifar has 2 calls waiting, as many as may (queue): try again in 1 s',
      });
    }
    await expect(one.classifyEach([file]).next()).rejects.toBeInstanceOf(QueueFullError);
    open();
    await Promise.all([computed, ...waiting]);
    expect(one.waiting).toBe(0);
    expect(await one.classify(file)).toHaveLength(1);
    await one.dispose();
  });

  test('whose signal is aborted leave the queue, wherever they wait', async () => {
    const { backend, begun, open } = held();
    const one = await classifier({ backend, queue: 40 });
    const computed = one.classify(file);
    await begun;
    const [controller, reason] = [new AbortController(), new Error('hung up')];
    const { signal } = controller;
    const upload = new PassThrough();
    const calls: Promise<unknown>[] = [
      // More than there are places for decoded pictures.
      ...Array.from({ length: 12 }, () => one.classify(file, { signal })),
      one.classify(upload, { signal }),
      one.classifyMany([file, file], { signal }),
      one.forward(new Float32Array(20 * 3072), { signal }),
    ];
    const others = [one.classify(pictures[0]), one.classify(pictures[1])];
    controller.abort(reason);
    for (const call of calls) await expect(call).rejects.toBe(reason);
    expect(one.waiting).toBe(2);
    open();
    expect(await Promise.all([computed, ...others])).toHaveLength(3);
    if (!upload.closed) await once(upload, 'close');
    await expect(one.classify(file, { signal })).rejects.toBe(reason);
    await one.dispose();
  });

  test('of many pictures leave others a place in every batch', async () => {
    const { backend, begun, open } = held();
    const one = await classifier({ backend, maxBatch: 2 });
    const done: string[] = [];
    const many = one.forward(new Float32Array(40 * 3072)).then(() => done.push('many'));
    await begun;
    const few = [1, 2, 3].map((n) => one.forward(new Float32Array(3072)).then(() => done.push(`call ${n}`)));
    open();
    await Promise.all([many, ...few]);
    expect(done.at(-1)).toBe('many');
    await one.dispose();
  });

  test.each<readonly [string, unknown, RegExp]>([
    ['no numbers', [1, 2], /^forward: the inputs: expected a Float32Array, got \[1, 2\]$/],
    [
      'a part of a picture',
      new Float32Array(3071),
      /^forward: expected the inputs to be N×3×32×32 numbers, 3072 for each picture, got a Float32Array$/,
    ],
    ['no picture', new Float32Array(0), /^forward: expected the inputs to be N×3×32×32 numbers/],
  ])('of prepared pictures refuse %s', async (_, inputs, message) => {
    const one = await classifier({ backend: createReferenceBackend() });
    await expect(one.forward(inputs as Float32Array)).rejects.toThrow(message);
    await one.dispose();
  });

  test.each<readonly [Options, RegExp]>([
    [{ maxBatch: 0 }, /^loadClassifier: expected maxBatch to be a whole number from 1 to 256, got 0$/],
    [{ maxDelay: -1 }, /expected maxDelay to be a number of at least 0, got -1$/],
    [{ queue: 0 }, /expected queue to be a whole number of at least 1, or Infinity, got 0$/],
  ])('options %o are refused', async (options, message) => {
    const refused = loadClassifier('w.safetensors', options);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
  });
});

describe('the end', () => {
  test('what waits for others is computed at once when the classifier drains', async () => {
    const one = await classifier({ backend: createReferenceBackend(), maxDelay: 1e9 });
    const calls = [one.classify(file), one.classifyMany([file, file])];
    await one.dispose({ drain: true });
    expect(await Promise.all(calls)).toHaveLength(2);
    await expect(one.classify(file)).rejects.toBeInstanceOf(DisposedError);
  });

  test('a device that is lost fails what it held, what waits, and what comes', async () => {
    const lost = new DeviceLostError('the thread of the backend was lost: its thread ended');
    const begun = Promise.withResolvers<undefined>();
    const opened = Promise.withResolvers<undefined>();
    const { backend } = watchedBackend(async (entry) => {
      if (entry === 'prologue') return;
      begun.resolve(undefined);
      await opened.promise;
      throw lost;
    });
    const one = await classifier({ backend, maxBatch: 2 });
    const calls = [one.classify(file)];
    await begun.promise;
    calls.push(...pictures.map((picture) => one.classify(picture)));
    opened.resolve(undefined);
    for (const call of calls) await expect(call).rejects.toBe(lost);
    await expect(one.classify(await readFile(file))).rejects.toBe(lost);
    await one.dispose();
  });
});
