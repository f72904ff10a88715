import { join } from 'node:path';
import { afterAll, beforeEach, afterEach, describe, expect, test } from 'vitest';

import { CardinalError, DisposedError, ShortageError, UnreadableError } from '../../../src/base/errors.ts';
import { PrepareThreads } from '../../../src/node/data/prepare-threads.ts';
import { preprocess } from '../../../src/data/pipeline.ts';
import { loadPicture } from '../../../src/node/data/decode.ts';
import { threadScript } from '../../../src/node/package-files.ts';
import type { Preprocessing } from '../../../src/data/preprocessing.ts';
import type { Prepared } from '../../../src/use/batch/prepare.ts';
import { drawing, temporaryFolder, writeBytes } from './support/sources.ts';

const { path: root, remove } = temporaryFolder();
afterAll(remove);

const script = new URL('./support/dying-prepare-worker.ts', import.meta.url);
const preprocessing: Preprocessing = {
  ...{ channels: 3, size: [4, 4], resize: null, interpolation: 'bilinear' },
  ...{ mean: [0, 0, 0], std: [1, 1, 1] },
};
const never = new AbortController().signal;

let threads: PrepareThreads;
beforeEach(() => {
  threads = new PrepareThreads(1, () => script);
});
afterEach(() => threads.dispose());

const prepare = (path: string, signal = never, decodeSeconds = 60): Promise<Prepared> =>
  threads.do(
    'prepare',
    { received: { kind: 'file', path }, preprocessing, limits: { maxPixels: 1000, decodeSeconds } },
    signal,
  );
const firstOf = async (prepared: Promise<Prepared>): Promise<number> => (await prepared).input[0];

describe('a thread that prepares pictures', () => {
  test('and dies is replaced, and its picture is decoded again', async () => {
    const path = `dies:${join(root, 'once')}`;
    // The others wait for the one thread that there is.
    const all = await Promise.all([path, 'a', 'bb'].map((name) => firstOf(prepare(name))));
    expect(all).toEqual([path.length, 1, 2]);
  });

  test('and dies with room for a large picture gives it back', async () => {
    const path = `large:${join(root, 'large')}`;
    expect(await firstOf(prepare(path))).toBe(path.length);
    expect(await firstOf(prepare('large'))).toBe(5);
  });

  test('and dies while it has nothing to do is replaced', async () => {
    expect(await firstOf(prepare('last'))).toBe(4);
    expect(await firstOf(prepare('abc'))).toBe(3);
  });

  test('and dies of its picture again is not tried a third time, and takes no other with it', async () => {
    const deadly = prepare('deadly');
    const next = firstOf(prepare('abc'));
    await expect(deadly).rejects.toThrow(
      new UnreadableError(
        'cannot read the picture deadly: 2 threads ended while they decoded it: the thread that decoded it was lost: its thread ended',
      ),
    );
    expect(await next).toBe(3);
  });

  test.each(['silent', 'endless'])(
    'and is %s for too long is replaced, and its picture refused',
    async (kind) => {
      const late = prepare(kind, never, 0.2);
      const next = firstOf(prepare('abc'));
      await expect(late).rejects.toThrow(
        new UnreadableError(
          `cannot read the picture ${kind}: decoding took longer than 0.2 s (\`decodeSeconds\`)`,
        ),
      );
      expect(await next).toBe(3);
    },
  );

  test('and takes long to start does not have its first picture refused for that', async () => {
    const slow = new PrepareThreads(1, () => new URL('?slow', script));
    const limits = { maxPixels: 1000, decodeSeconds: 0.2 };
    const picture = { received: { kind: 'file', path: 'abc' }, preprocessing, limits } as const;
    expect(await firstOf(slow.do('prepare', picture, never))).toBe(3);
    await slow.dispose();
  });

  test('gives errors as what they are', async () => {
    await expect(prepare('unreadable')).rejects.toThrow(
      new CardinalError('cannot read the picture unreadable: it is damaged'),
    );
    await expect(prepare('starved')).rejects.toBeInstanceOf(ShortageError);
  });

  test('does not get a picture that nobody wants any more', async () => {
    const [controller, reason] = [new AbortController(), new Error('hung up')];
    const marker = `dies:${join(root, 'unwanted')}`;
    const first = prepare('a');
    const unwanted = prepare(marker, controller.signal);
    controller.abort(reason);
    await expect(unwanted).rejects.toBe(reason);
    expect(await firstOf(first)).toBe(1);
    // It would have died of it.
    expect(await firstOf(prepare('abc'))).toBe(3);
  });

  test('ends with the others, and what it owes is refused', async () => {
    const owed = prepare('silent');
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([threads.dispose(), expect(owed).rejects.toBeInstanceOf(DisposedError)]);
  });

  test('prepares as it is done here, pictures that have to wait for room as well', async () => {
    const two = new PrepareThreads(2, () => threadScript('data/prepare-worker'));
    const path = join(root, 'picture.png');
    const bytes = await drawing([200, 100, 50]).png().toBuffer();
    writeBytes(path, bytes);
    // More than half of what one picture may have.
    const limits = { maxPixels: 400, decodeSeconds: 60 };
    const larger = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    const picture = await loadPicture(path, limits);
    const expected = preprocess(picture, preprocessing);
    const received = [
      { kind: 'file', path },
      { kind: 'bytes', bytes: larger, name: undefined },
      { kind: 'pixels', picture },
    ] as const;
    const prepared = await Promise.all(
      [...received, ...received].map((one) =>
        two.do('prepare', { received: one, preprocessing, limits }, never),
      ),
    );
    for (const { input } of prepared) expect(input).toEqual(expected);
    expect(await two.do('decode', { received: received[1], limits }, never)).toEqual({
      ...picture,
      data: Uint8Array.from(picture.data),
    });
    // What was given is still the caller's.
    expect([larger.length, picture.data.length]).toEqual([bytes.length, 3 * 24 * 16]);
    await two.dispose();
  });

  test('that cannot be started says why', async () => {
    const missing = new PrepareThreads(1, () => new URL('./support/no-such-worker.ts', import.meta.url));
    const limits = { maxPixels: 1, decodeSeconds: 1 };
    const picture = { received: { kind: 'file', path: 'a.png' }, preprocessing, limits } as const;
    await expect(missing.do('prepare', picture, never)).rejects.toThrow(
      /^cannot read the picture a\.png: 2 threads ended while they decoded it: .*no-such-worker/,
    );
    await missing.dispose();
  });
});
