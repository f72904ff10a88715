import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { indexShard } from '../../../src/data/shards/index-shard.ts';
import { shardBytes, shardName, type PackedSample } from '../../../src/data/shards/write-shard.ts';
import { openData } from '../../../src/node/data/open.ts';
import { encodePng } from '../../../src/node/data/shards/encode-png.ts';
import { writeFileAtomic } from '../../../src/node/files.ts';
import { runPlatform } from '../../../src/node/run-platform.ts';
import { picturesOfRun } from '../../../src/run/pictures/run-pictures.ts';
import { temporaryFolder } from './support/sources.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use, however much garbage there is. */
function inUse(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What so many pictures in four shards take once they are opened and listed as a run lists them. */
async function retainedBy(pictures: number): Promise<number> {
  const { path, remove } = temporaryFolder();
  onTestFinished(remove);
  const bytes = encodePng({ width: 2, height: 2, channels: 3, data: new Uint8Array(12) });
  async function* samples(shard: number): AsyncGenerator<PackedSample> {
    for (let n = shard; n < pictures; n += 4) {
      yield await Promise.resolve({ key: `class-${n % 2}/picture-${n}`, ending: 'png', bytes, label: n % 2 });
    }
  }
  for (let shard = 0; shard < 4; shard++) {
    await writeFileAtomic(join(path, shardName('train', shard)), shardBytes(samples(shard)));
  }
  const before = inUse();
  const data = await openData(path);
  const listed = await picturesOfRun(data, { strict: false }, runPlatform());
  const retained = inUse() - before;
  expect(listed.record.count).toBe(data.train?.length);
  return retained;
}

test('a picture of a shard takes a few dozen bytes, its line in the list of the run included', async () => {
  const pictures = 8000;
  // Modules are loaded and functions compiled when they are first needed.
  await retainedBy(pictures);
  const each = ((await retainedBy(pictures)) - (await retainedBy(80))) / pictures;
  // Of its name 25, of where it is and its class 24, of its place in a split 8, of its line in gzip 6.
  expect(each).toBeGreaterThan(40);
  expect(each).toBeLessThan(90);
});

test('an archive of small pictures is read once', async () => {
  const pieces: Uint8Array[] = [];
  async function* samples(): AsyncGenerator<PackedSample> {
    for (let n = 0; n < 2000; n++) {
      yield await Promise.resolve({ key: `${n}`, ending: 'png', bytes: new Uint8Array(300), label: n % 2 });
    }
  }
  for await (const piece of shardBytes(samples())) pieces.push(piece);
  const whole = Buffer.concat(pieces);
  let seen = 0;
  const read = (begin: number, length: number): Promise<Uint8Array> => {
    seen += length;
    return Promise.resolve(whole.subarray(begin, begin + length));
  };
  const index = await indexShard({ name: 'a.tar', size: whole.length, read }, (name) =>
    name.endsWith('.png'),
  );
  expect(index.labels).toHaveLength(2000);
  expect(seen).toBeLessThan(1.1 * whole.length);
});
