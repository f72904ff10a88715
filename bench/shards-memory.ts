/**
 * The most memory that a pass over pictures in 20 shards takes: `node bench/shards-memory.ts <pictures>`. Opens them as a run does (its
 * list and record of pictures too) and goes through one epoch of batches. Pictures are made, 8×8 pixels each.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPreprocessing } from '../src/data/preprocessing.ts';
import { shardBytes, shardName, type PackedSample } from '../src/data/shards/write-shard.ts';
import { createLoader } from '../src/node/data/loader.ts';
import { openData } from '../src/node/data/open.ts';
import { encodePng } from '../src/node/data/shards/encode-png.ts';
import { writeFileAtomic } from '../src/node/files.ts';
import { runPlatform } from '../src/node/run-platform.ts';
import { picturesOfRun } from '../src/run/pictures/run-pictures.ts';

const pictures = Number(process.argv[2] ?? 100_000);
const packed = process.argv.at(3);
const shards = 20;
const folder = mkdtempSync(join(tmpdir(), 'cardinal-shards-'));

async function* samples(shard: number): AsyncGenerator<PackedSample> {
  for (let n = shard; n < pictures; n += shards) {
    const data = Uint8Array.from({ length: 192 }, (_, i) => n * 31 + i);
    const bytes = encodePng({ width: 8, height: 8, channels: 3, data });
    yield await Promise.resolve({ key: `class-${n % 10}/picture-${n}`, ending: 'png', bytes, label: n % 10 });
  }
}

try {
  if (packed === undefined) {
    for (let shard = 0; shard < shards; shard++) {
      await writeFileAtomic(join(folder, shardName('train', shard)), shardBytes(samples(shard)));
    }
    writeFileSync(join(folder, 'classes.txt'), 'abcdefghij'.split('').join('\n'));
    const { spawnSync } = await import('node:child_process');
    spawnSync(process.execPath, [import.meta.filename, String(pictures), folder], { stdio: 'inherit' });
  } else {
    const data = await openData(packed);
    await picturesOfRun(data, { strict: false }, runPlatform());
    const { train } = data;
    if (train === undefined) throw new Error('no pictures');
    const preprocessing = defaultPreprocessing({
      channels: 3,
      imageSize: 8,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    });
    const loader = createLoader(train, { batchSize: 100, preprocessing, training: true, workers: 1 });
    const batches = Math.max(1, Math.round(20_000 / loader.batchesPerEpoch / 100));
    let seen = 0;
    // As many steps for few pictures as for many: what is made on the way and dropped again is the same then.
    for (let epoch = 0; seen < 20_000 && epoch < 10 * batches; epoch++) {
      for await (const { size } of loader.epoch(epoch)) {
        seen += size;
        if (seen >= 20_000) break;
      }
    }
    await loader.dispose();
    const { maxRSS } = process.resourceUsage();
    console.log(`${pictures} pictures in ${shards} shards: at most ${Math.round(maxRSS / 1024)} MiB`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
