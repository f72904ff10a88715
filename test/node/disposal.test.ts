import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { Disposal } from '../../src/base/disposal.ts';
import { DisposedError, UsageError } from '../../src/base/errors.ts';
import { Turns } from '../../src/base/turns.ts';
import { pictureDataset } from '../../src/data/source.ts';
import type { Preprocessing } from '../../src/data/preprocessing.ts';
import * as nn from '../../src/nn/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { classifierOf } from '../../src/node/classifier.ts';
import type { Classifier } from '../../src/use/classifier.ts';
import { createLoader } from '../../src/node/data/loader.ts';
import { compile } from '../../src/session/compile.ts';
import { watchedBackend } from '../support/rounds.ts';

const preprocessing: Preprocessing = {
  ...{ channels: 3, size: [4, 4], resize: null, interpolation: 'bilinear' },
  ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
};
const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(48, 2)).initialize(1);
const description = { name: 'flat', options: {} };
const picture = { width: 4, height: 4, channels: 3 as const, data: new Uint8Array(48).fill(200) };
const classifier = (backend?: Backend): Promise<Classifier> =>
  classifierOf(
    { model, description, classes: ['a', 'b'] },
    { preprocessing, ...(backend ? { backend } : { threads: 2 }) },
  );

/** What became of promises: how many were kept, and the errors of the others. */
async function outcomesOf(calls: readonly Promise<unknown>[]): Promise<{ kept: number; errors: unknown[] }> {
  const settled = await Promise.allSettled(calls);
  const errors = settled.flatMap((each): unknown[] => (each.status === 'rejected' ? [each.reason] : []));
  return { kept: settled.length - errors.length, errors };
}
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns that are closed', () => {
  test('to drain finish what waits; without it those that wait are refused at once, whatever runs', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const turns = new Turns('the thing');
    const running = turns.take(() => promise);
    const waiting = [1, 2, 3].map((n) => turns.take(() => n));
    let isOver = false;
    const drained = turns.close({ drain: true }).then(() => (isOver = true));
    await expect(turns.take(() => 4)).rejects.toThrow('the thing was disposed of');
    await tick();
    expect(isOver).toBe(false);
    const cut = turns.close({ reason: 'gone' });
    // Before what runs is over.
    for (const each of waiting) await expect(each).rejects.toThrow(new DisposedError('gone'));
    resolve(undefined);
    await Promise.all([running, drained, cut]);
  });
});

test('an object ends once, whoever asks and however', async () => {
  const log: string[] = [];
  const accepted = Promise.withResolvers<undefined>();
  const disposal = new Disposal({
    drain: () => accepted.promise,
    cut: () => Promise.resolve(log.push('cut')),
    free: () => Promise.resolve(log.push('free')),
  });
  const draining = [disposal.ask({ drain: true }), disposal.ask({ drain: true })];
  await tick();
  expect(log).toEqual([]);
  await Promise.all([...draining, disposal.ask(undefined), disposal.ask({ drain: true }), disposal.ask({})]);
  expect(log).toEqual(['cut', 'cut', 'free']);
});

describe('a classifier', () => {
  const many = (of: Classifier, count: number): Promise<unknown>[] =>
    Array.from({ length: count }, (_, n) =>
      n % 3 === 2 ? of.classifyMany([picture, picture]) : of.classify(picture),
    );

  test('that drains answers all that was asked, and refuses the rest', async () => {
    const { backend, freed } = watchedBackend(tick);
    const one = await classifier(backend);
    const calls = many(one, 60);
    const over = one.dispose({ drain: true });
    await expect(one.classify(picture)).rejects.toThrow(DisposedError);
    expect(await outcomesOf(calls)).toEqual({ kept: 60, errors: [] });
    await over;
    expect(freed.programs).toBe(1);
    await one.dispose();
  });

  test('that does not ends what is computed and refuses what waits', async () => {
    const { backend, freed } = watchedBackend(tick);
    const one = await classifier(backend);
    const calls = many(one, 60);
    await calls[0];
    const over = one.dispose();
    const { kept, errors } = await outcomesOf(calls);
    expect(kept).toBeGreaterThan(0);
    // A second batch of eight may compute by then.
    expect(errors.length).toBeGreaterThanOrEqual(60 - 2 * 8);
    for (const error of errors) expect(error).toBeInstanceOf(DisposedError);
    await over;
    expect(freed.programs).toBe(1);
  });

  test('whose draining is cut short refuses what is left, and both are told', async () => {
    const one = await classifier();
    const calls = many(one, 60);
    const draining = one.dispose({ drain: true });
    await calls[0];
    const cut = one.dispose();
    const { errors } = await outcomesOf(calls);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toBeInstanceOf(DisposedError);
    await Promise.all([draining, cut]);
  });

  test('finishes an upload when it drains, and does not wait for one when it does not', async () => {
    const bytes = await import('sharp').then(({ default: sharp }) =>
      sharp(Buffer.from(picture.data), { raw: { width: 4, height: 4, channels: 3 } })
        .png()
        .toBuffer(),
    );
    for (const drain of [true, false]) {
      const one = await classifier();
      const node = new Readable({ read: () => undefined });
      let cancelled = false;
      let send: (chunk: Uint8Array | undefined) => void = () => undefined;
      const web = new ReadableStream<Uint8Array>({
        start(controller) {
          send = (chunk) => {
            if (chunk === undefined) controller.close();
            else controller.enqueue(chunk);
          };
        },
        cancel() {
          cancelled = true;
        },
      });
      const never = (async function* () {
        yield picture;
        await new Promise<never>(() => undefined);
        yield picture;
      })();
      const calls = [one.classify(node), one.classify(web)];
      const list = drain ? [] : [one.classifyMany(never)];
      node.push(bytes.subarray(0, 20));
      send(bytes.subarray(0, 20));
      await tick();
      const over = one.dispose({ drain });
      if (drain) {
        node.push(bytes.subarray(20));
        node.push(null);
        send(bytes.subarray(20));
        send(undefined);
      }
      const { kept, errors } = await outcomesOf([...calls, ...list]);
      expect(kept).toBe(drain ? 2 : 0);
      for (const error of errors) expect(error).toBeInstanceOf(DisposedError);
      await over;
      // Whoever sends is told that no more is wanted.
      expect([node.destroyed || node.readableEnded, cancelled]).toEqual([true, !drain]);
    }
  });

  test.each([
    ['while', false],
    ['before', true],
  ])('tells of each picture that was taken %s it drained, however late one asks', async (_when, isLate) => {
    const one = await classifier();
    let taken = 0;
    const pictures = function* () {
      for (; taken < 50; taken++) yield picture;
    };
    const told: number[] = [];
    let over: Promise<void> | undefined;
    let before = 0;
    const reading = (async () => {
      for await (const { index, top } of one.classifyEach(pictures())) {
        if (top !== undefined) told.push(index);
        if (index !== 2) continue;
        before = taken + 1;
        over = one.dispose({ drain: true });
        if (isLate) await over;
      }
    })();
    await expect(reading).rejects.toThrow(DisposedError);
    await over;
    expect(before).toBeGreaterThan(3);
    expect(told).toEqual(Array.from({ length: before }, (_, n) => n));
  });

  test('refuses options that are none', async () => {
    const one = await classifier(createReferenceBackend());
    await expect(one.dispose({ drain: 1 } as never)).rejects.toThrow(UsageError);
    await expect(one.dispose(true as never)).rejects.toThrow(
      /^dispose: expected options by name, \{ drain \}, got true$/,
    );
    await one.dispose();
  });
});

describe('a server that is told to end', () => {
  let server: Server;
  let one: Classifier;
  let address: string;
  beforeAll(async () => {
    one = await classifier();
    server = createServer((request, response) => {
      one.classify(request).then(
        ([{ label }]) => response.end(String(label)),
        (error: unknown) => response.writeHead(error instanceof DisposedError ? 503 : 400).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    address = typeof bound === 'object' && bound !== null ? `http://127.0.0.1:${bound.port}` : '';
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('answers those who had asked', async () => {
    const { default: sharp } = await import('sharp');
    const body = await sharp(Buffer.from(picture.data), { raw: { width: 4, height: 4, channels: 3 } })
      .png()
      .toBuffer();
    const ask = (): Promise<number> => fetch(address, { method: 'POST', body }).then(({ status }) => status);
    const answers = Array.from({ length: 20 }, ask);
    // All are there when the first is answered: they were sent together.
    await Promise.race(answers);
    await one.dispose({ drain: true });
    const statuses = await Promise.all(answers);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    expect(await ask()).toBe(503);
  });
});

describe.each([1, 2])('on %i threads', (threads) => {
  const x = new Float32Array(48).fill(0.5);

  test('a compiled model drains, or refuses what waits, and its memory is free when it says so', async () => {
    const backend = await createNodeBackend({ threads, blas: false });
    for (const drain of [true, false]) {
      const compiled = await compile(model, { input: [1, 3, 4, 4], backend });
      const calls = Array.from({ length: 20 }, () => compiled.forward(x));
      const over = compiled.dispose({ drain });
      await expect(compiled.forward(x)).rejects.toThrow(/was disposed of; load it again to use it$/);
      const { kept, errors } = await outcomesOf(calls);
      expect(kept).toBe(drain ? 20 : 1);
      for (const error of errors) expect(error).toBeInstanceOf(DisposedError);
      await over;
      await compiled[Symbol.asyncDispose]();
    }
    await backend.dispose();
  });

  test('a program that is disposed of within its own turn ends with it', async () => {
    const backend = await createNodeBackend({ threads, blas: false });
    const { plan } = await compile(model, { input: [1, 3, 4, 4], backend });
    const program = await backend.load(plan);
    let over: Promise<void> | undefined;
    const taken = program.take(async () => {
      over = program.dispose({ drain: true });
      await program.run('forward');
      return program.read('logits');
    });
    expect(await taken).toHaveLength(2);
    await over;
    await expect(program.read('logits')).rejects.toThrow(DisposedError);
    await backend.dispose();
  });

  test('a backend drains its programs, and may be cut short, be it within a turn', async () => {
    for (const drain of [true, false]) {
      const backend = await createNodeBackend({ threads, blas: false });
      const compiled = await compile(model, { input: [1, 3, 4, 4], backend });
      const calls = Array.from({ length: 20 }, () => compiled.forward(x));
      const over = backend.dispose({ drain });
      await expect(compile(model, { input: [1, 3, 4, 4], backend })).rejects.toThrow(DisposedError);
      expect((await outcomesOf(calls)).kept).toBe(drain ? 20 : 0);
      await over;
    }
    const backend = await createNodeBackend({ threads, blas: false });
    const { plan } = await compile(model, { input: [1, 3, 4, 4], backend });
    const program = await backend.load(plan);
    let draining: Promise<void> | undefined;
    const taken = program.take(async () => {
      draining = backend.dispose({ drain: true });
      await program.run('forward');
      // Without `drain` it waits for no turn: not for this one either.
      await backend.dispose();
      await program.run('forward');
    });
    await expect(taken).rejects.toThrow(/^the wasm backend was disposed of/);
    await draining;
  });
});

describe.each([0, 2])('a loader with %i workers', (workers) => {
  const length = 40;
  const dataset = pictureDataset({
    name: 'memory',
    classes: ['a', 'b'],
    labels: Int32Array.from({ length }, (_, index) => index % 2),
    source: {
      ...{
        kind: 'memory',
        width: 4,
        height: 4,
        channels: 3,
        layout: 'interleaved',
        recordBytes: 48,
        pixelOffset: 0,
      },
      bytes: new Uint8Array(new SharedArrayBuffer(48 * length)),
      rows: Uint32Array.from({ length }, (_, index) => index),
    },
    id: (index) => `#${index}`,
  });
  const begin = async () => {
    const loader = createLoader(dataset, {
      batchSize: 4,
      preprocessing,
      training: true,
      workers,
      prefetch: 3,
    });
    const batches = loader.epoch(0)[Symbol.asyncIterator]();
    await batches.next();
    return { loader, batches };
  };

  test('gives the batches that were ordered when it drains, and no others', async () => {
    const { loader, batches } = await begin();
    await loader.dispose({ drain: true });
    let given = 0;
    const rest = async (): Promise<void> => {
      while ((await batches.next()).done !== true) given++;
    };
    await expect(rest()).rejects.toThrow(DisposedError);
    expect(given).toBe(3);
  });

  test('gives none when it does not', async () => {
    const { loader, batches } = await begin();
    await Promise.all([loader.dispose({ drain: true }), loader.dispose()]);
    await expect(batches.next()).rejects.toThrow(DisposedError);
  });
});
