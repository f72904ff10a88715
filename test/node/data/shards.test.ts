import { execFileSync } from 'node:child_process';
import { batchOfRank } from '../../support/ranks.ts';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CardinalError } from '../../../src/base/errors.ts';
import type { Batch } from '../../../src/data/dataset.ts';
import type { LoaderOptions } from '../../../src/data/loader.ts';
import type { OpenData, OpenOptions } from '../../../src/data/open-data.ts';
import { defaultPreprocessing } from '../../../src/data/preprocessing.ts';
import { keyOf, type PictureDataset } from '../../../src/data/source.ts';
import { checkPictures } from '../../../src/node/data/check.ts';
import { readPicture } from '../../../src/node/data/decode.ts';
import { createLoader } from '../../../src/node/data/loader.ts';
import { openData } from '../../../src/node/data/open.ts';
import { recordOf } from '../../../src/node/data/record-pictures.ts';
import { packShards } from '../../../src/node/data/shards/pack-shards.ts';
import { picturesToEvaluate } from '../../../src/node/data/to-evaluate.ts';
import { cifarFile, drawing, temporaryFolder, writeBytes, writeClasses } from './support/sources.ts';

let root = '';
let remove = (): void => undefined;
beforeEach(() => {
  ({ path: root, remove } = temporaryFolder());
});
afterEach(() => {
  remove();
});

/** Archives as Python's tarfile writes them: members by name, in their order. */
function pythonTar(path: string, members: Readonly<Record<string, string | Uint8Array>>): void {
  const script = `import io, json, sys, tarfile, base64
with tarfile.open(sys.argv[1], 'w') as t:
    for name, data in json.load(sys.stdin):
        info = tarfile.TarInfo(name); data = base64.b64decode(data); info.size = len(data)
        t.addfile(info, io.BytesIO(data))`;
  const input = JSON.stringify(
    Object.entries(members).map(([name, data]) => [name, Buffer.from(data).toString('base64')]),
  );
  execFileSync('/usr/bin/python3', ['-c', script, path], { input });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function trainOf({ train }: OpenData): PictureDataset {
  if (train === undefined) throw new Error('no training pictures');
  return train;
}

async function refusal(path: string, options?: OpenOptions): Promise<string> {
  const error: unknown = await openData(path, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CardinalError)) throw new Error('no CardinalError', { cause: error });
  expect(error.message).not.toContain('\n');
  return error.message;
}

function png(n: number): Promise<Buffer> {
  return drawing([n, 2 * n, 3 * n])
    .png()
    .toBuffer();
}

/** Keys and classes of a dataset, in its order. */
function listed(dataset: PictureDataset | undefined): [string, string][] {
  if (dataset === undefined) return [];
  return Array.from(dataset.labels, (label, index) => [keyOf(dataset, index), dataset.classes[label]]);
}

describe('shards of others', () => {
  test('classes as numbers, in .cls or .json; splits by the names of files; what is left out', async () => {
    pythonTar(join(root, 'set-train-0.tar'), {
      'a/0001.png': await png(1),
      'a/0001.cls': '1\n',
      'a/0001.seg.png': 'not looked at',
      'a/0002.PNG': await png(2),
      'a/0002.json': '{"label": 0, "caption": "x"}',
      'a/0003.cls': '1',
      'a/0003.txt': 'no picture',
      'a/0004.png': await png(4),
      '__meta__.json': '{}',
      'a/0005.heic': 'x',
      'a/0005.cls': '0',
    });
    pythonTar(join(root, 'set-train-1.tar'), { '0001.png': await png(5), '0001.cls': '2' });
    pythonTar(join(root, 'set-validation-0.tar'), { '0001.png': await png(6), '0001.json': '{"cls": 2}' });
    writeBytes(join(root, 'classes.txt'), 'zero\none\ntwo\n');
    const data = await openData(root);
    expect(data).toMatchObject({
      kind: 'shards',
      channels: 3,
      valHeldOut: false,
      classes: ['zero', 'one', 'two'],
    });
    expect(listed(data.train)).toEqual([
      ['set-train-0.tar/a/0001.png', 'one'],
      ['set-train-0.tar/a/0002.PNG', 'zero'],
      ['set-train-1.tar/0001.png', 'two'],
    ]);
    expect(listed(data.val)).toEqual([['set-validation-0.tar/0001.png', 'two']]);
    expect(data.train?.id(2)).toBe(join(root, 'set-train-1.tar/0001.png'));
    const { data: pixels } = await readPicture(trainOf(data), 2);
    expect([...pixels.slice(-3)]).toEqual([5, 10, 15]);
    expect(data.leftOut.map(({ kind, count, paths }) => [kind, count, paths[0]])).toEqual([
      ['unlabelled-picture', 1, 'set-train-0.tar/a/0004.png'],
      ['format', 1, 'set-train-0.tar/a/0005.heic'],
      ['other-file', 1, 'set-train-0.tar/a/0003.txt'],
    ]);
    expect(await refusal(root, { strict: true })).toMatch(/not everything in it is read/);
    // The same by name, one of them, and in folders of their splits.
    const two = await openData(join(root, 'set-train-{0..1}.tar'), { valFraction: 0 });
    expect(listed(two.train)).toEqual(listed(data.train));
    expect((await openData(join(root, 'set-validation-0.tar'))).train).toBeUndefined();
  });

  test('classes by name, numbered in code-point order or as a network has them', async () => {
    pythonTar(join(root, 'a.tar'), {
      '1.png': await png(1),
      '1.cls': 'zebra',
      '2.png': await png(2),
      '2.json': '{"class": "ant"}',
    });
    const path = join(root, 'a.tar');
    expect((await openData(path, { valFraction: 0 })).classes).toEqual(['ant', 'zebra']);
    const { train } = await openData(path, { valFraction: 0, classes: ['zebra', 'bee', 'ant'] });
    expect(train?.labels).toEqual(Int32Array.of(0, 2));
    expect(await refusal(path, { classes: ['ant', 'zebras'] })).toMatch(
      /the class 'zebra' is not among the 2 classes of the network; the nearest is 'zebras'$/,
    );
  });

  test('what is wrong is one line', async () => {
    const picture = await png(1);
    const opened = async (members: Record<string, string | Uint8Array>): Promise<string> => {
      pythonTar(join(root, 'a.tar'), members);
      return (await refusal(join(root, 'a.tar'))).replaceAll(root, '');
    };
    expect(await opened({ '1.png': picture, '1.cls': '-1' })).toBe(
      "/a.tar/1.cls: expected the number of a class, or its name, got '-1'",
    );
    expect(await opened({ '1.png': picture, '1.json': '{"label": [1]}' })).toMatch(
      /expected label to be .* got \[1\]$/,
    );
    expect(await opened({ '1.png': picture, '1.json': '{' })).toBe('/a.tar/1.json is not JSON');
    expect(await opened({ '1.png': picture, '1.cls': 'x'.repeat(2000) })).toMatch(
      /1\.cls has 2000 bytes, at most 1024/,
    );
    expect(await opened({ '1.png': picture, '1.jpg': picture, '1.cls': '1' })).toMatch(
      /1 has \.png and \.jpg/,
    );
    expect(await opened({ '1.png': picture, '1.cls': '1', '2.png': picture, '2.cls': 'cat' })).toMatch(
      /2\.png: expected the number of a class, as before it, got 'cat'$/,
    );
    expect(await opened({ '1.png': picture })).toMatch(
      /holds no picture with a class; left out: 1 picture without a class/,
    );
    expect(await opened({ '1.png': picture, '1.cls': '2000000000' })).toMatch(/expected one below 1000000$/);
    writeBytes(join(root, 'classes.txt'), 'a\nb\n');
    expect(await opened({ '1.png': picture, '1.cls': '7' })).toMatch(
      /a picture has the class 7, and there are 2 names beside the shards, for 0 to 1$/,
    );
    expect(await refusal(join(root, 'train-{0..1}.tar'))).toMatch(/^no such shard: .*train-0\.tar, of /);
    truncateSync(join(root, 'a.tar'), 550);
    expect(await refusal(join(root, 'a.tar'))).toMatch(/a\.tar is truncated: '1\.png' at byte 0/);
    writeFileSync(join(root, 'a.tar'), 'x'.repeat(1000));
    expect(await refusal(join(root, 'a.tar'))).toMatch(/a\.tar is no tar archive$/);
  });

  test('archives beside class folders are not taken for the data', async () => {
    await writeClasses(root, { a: 2, b: 2 });
    writeBytes(join(root, 'photos.tar'), 'the archive that the folders came in');
    expect((await openData(root)).kind).toBe('folders');
  });
});

describe('packed data', () => {
  const out = (name = 'shards'): string => join(root, name);
  const pack = async (path: string, shards: number, name?: string, seed = 0): Promise<OpenData> => {
    await packShards(await openData(path, { valFraction: 0 }), { out: out(name), shards, seed });
    return openData(out(name), { valFraction: 0 });
  };
  const bytesIn = (folder: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('latin1')]),
    );

  test('holds the same pictures, classes and names; each shard a fair mix; the same bytes each time', async () => {
    await writeClasses(join(root, 'in', 'train'), { cat: 7, dog: 14 });
    await writeClasses(join(root, 'in', 'test'), { cat: 2, dog: 3 });
    const data = await pack(join(root, 'in'), 4);
    const before = await openData(join(root, 'in'), { valFraction: 0 });
    expect(readdirSync(out()).sort()).toEqual([
      'classes.txt',
      'shards.json',
      'test-000000.tar',
      ...[0, 1, 2, 3].map((n) => `train-00000${n}.tar`),
    ]);
    for (const split of ['train', 'test'] as const) {
      expect(listed(data[split]).sort()).toEqual(listed(before[split]).sort());
    }
    const perShard = [0, 1, 2, 3].map((n) => {
      const ids = listed(data.train).filter((_, index) =>
        data.train?.id(index).includes(`train-00000${n}.tar/`),
      );
      return ids.filter(([, name]) => name === 'cat').length;
    });
    expect(perShard.toSorted()).toEqual([1, 2, 2, 2]);
    // Python's webdataset sees a picture and its class under each key, and the picture's own bytes.
    const script = `import json, sys, tarfile, hashlib
with tarfile.open(sys.argv[1]) as t:
    print(json.dumps([[m.name, hashlib.sha256(t.extractfile(m).read()).hexdigest()] for m in t]))`;
    const members = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', script, join(out(), 'test-000000.tar')], { encoding: 'utf8' }),
    ) as [string, string][];
    expect(members.map(([name]) => name.replace(/^.*\./, ''))).toEqual(Array(5).fill(['png', 'cls']).flat());
    await pack(join(root, 'in'), 4, 'again');
    expect(bytesIn(out('again'))).toEqual(bytesIn(out()));
    await pack(join(root, 'in'), 4, 'other', 1);
    expect(bytesIn(out('other'))).not.toEqual(bytesIn(out()));
    // The folder's pictures are known again in the shards, and the other way round.
    const record = await recordOf(before);
    expect((await recordOf(data)).fingerprint).toBe(record.fingerprint);
    const { warning } = await picturesToEvaluate(data, { pictures: [record] }, 'train');
    expect(warning).toMatch(/trained on these 21 pictures/);
    // And shards can be packed anew.
    expect(listed((await pack(out(), 2, 'anew')).train).sort()).toEqual(listed(before.train).sort());
  });

  test('CIFAR as PNG, with its size and classes', async () => {
    writeBytes(
      join(root, 'in', 'data_batch_1.bin'),
      cifarFile(Array.from({ length: 12 }, (_, n) => [n % 10])),
    );
    const data = await pack(join(root, 'in'), 3);
    const before = await openData(join(root, 'in'), { valFraction: 0 });
    expect(data).toMatchObject({ pictureSize: [32, 32], channels: 3, classes: before.classes });
    const find = (n: number): number =>
      listed(data.train).findIndex(([key]) => key === `data_batch_1_bin#${n}.png`);
    for (const n of [0, 11]) {
      const { data: pixels } = await readPicture(trainOf(data), find(n));
      const { data: raw } = await readPicture(trainOf(before), n);
      expect([...pixels]).toEqual([...raw]);
    }
  });

  test('a missing shard, and a folder that is there, are one line', async () => {
    await writeClasses(join(root, 'in'), { cat: 4, dog: 4 });
    await pack(join(root, 'in'), 3);
    await expect(pack(join(root, 'in'), 3)).rejects.toThrow(/shards is there already: name another folder/);
    await expect(pack(join(root, 'in'), 9, 'many')).rejects.toThrow(
      /has 8 pictures to divide, use 8 at most/,
    );
    rmSync(join(out(), 'train-000001.tar'));
    expect(await refusal(out())).toMatch(
      /holds 2 train shards, and shards\.json says 3: put back what is missing/,
    );
    rmSync(join(root, 'in', 'dog', '000.png'));
    const data = await openData(join(root, 'in'), { valFraction: 0 });
    rmSync(join(root, 'in', 'dog', '001.png'));
    await expect(packShards(data, { out: out('half'), shards: 1, seed: 0 })).rejects.toThrow(
      /cannot read the picture .*001\.png/,
    );
    expect(readdirSync(root).sort()).toEqual(['in', 'shards']);
  });
});

describe('batches of shards', () => {
  const preprocessing = defaultPreprocessing({ channels: 3, imageSize: 8, mean: [0, 0, 0], std: [1, 1, 1] });
  const common = { batchSize: 10, preprocessing, training: true, seed: 3, workers: 0 } as const;
  let train: PictureDataset;
  beforeEach(async () => {
    await writeClasses(join(root, 'in'), { cat: 16, dog: 16 });
    await packShards(await openData(join(root, 'in'), { valFraction: 0 }), {
      ...{ out: join(root, 'out'), shards: 4, seed: 0 },
    });
    train = trainOf(await openData(join(root, 'out'), { valFraction: 0 }));
  });

  /** What batches hold, copied, of some epochs. */
  async function batches(
    options: Partial<LoaderOptions> = {},
    startBatch = 0,
    dataset = train,
  ): Promise<Batch[]> {
    const loader = createLoader(dataset, { ...common, ...options });
    const all: Batch[] = [];
    for (const epoch of [0, 1]) {
      for await (const { size, input, target, labels, indices } of loader.epoch(epoch, startBatch)) {
        all.push({ size, input: input.slice(), target: target.slice(), labels, indices });
      }
    }
    await loader.dispose();
    return all;
  }

  test('do not depend on threads or interruptions', async () => {
    const all = await batches();
    expect(all).toHaveLength(6);
    expect(await batches({ workers: 2 })).toEqual(all);
    expect(await batches({}, 2)).toEqual([all[2], all[5]]);
    expect(all[3].indices).not.toEqual(all[0].indices);
  });

  test.each([
    ['plain', {}],
    ['mixed', { mix: { mixup: 0.4, cutmix: 1 } }],
  ])('ranks have together what one has alone, augmented alike (%s)', async (_, options) => {
    const augmentation = { crop: { kind: 'random-resized' }, flip: 0.5 } as const;
    const alone = await batches({ ...options, augmentation });
    for (const ranks of [2, 3, 4]) {
      const parts: Batch[][] = [];
      for (let rank = 0; rank < ranks; rank++) {
        parts.push(await batches({ ...options, augmentation, share: { rank, size: ranks } }));
      }
      for (const [n, whole] of alone.entries()) {
        const rows = parts.map((part) => part[n]);
        expect(rows.flatMap(({ labels }) => [...labels])).toEqual([...whole.labels]);
        expect(rows.flatMap(({ indices }) => [...indices])).toEqual([...whole.indices]);
        expect(Buffer.concat(rows.map(({ input }) => bytesOf(input)))).toEqual(bytesOf(whole.input));
        expect(Buffer.concat(rows.map(({ target }) => bytesOf(target)))).toEqual(bytesOf(whole.target));
      }
    }
    const ranks = { rank: 1, size: 3 };
    const inParts = await batches({ ...options, augmentation, share: { ...ranks, parts: 2 } });
    for (const [n, { indices, input, target }] of inParts.entries()) {
      const expected = batchOfRank(alone[n], 2, ranks);
      expect(indices).toEqual(expected.indices);
      expect(bytesOf(input)).toEqual(bytesOf(expected.input));
      expect(bytesOf(target)).toEqual(bytesOf(expected.target));
    }
    expect(() => createLoader(train, { ...common, batchSize: 2, share: { rank: 0, size: 3 } })).toThrow(
      'a batch of 2 pictures does not do for 3 ranks: use a batch size of at least 3, or fewer ranks',
    );
  });

  test('evaluation counts each picture once, on whatever rank', async () => {
    for (const ranks of [1, 3, 5]) {
      const seen: number[] = [];
      for (let rank = 0; rank < ranks; rank++) {
        for (const { indices } of await batches({ training: false, share: { rank, size: ranks } }))
          seen.push(...indices);
      }
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i >> 1));
    }
  });

  test('a damaged member is replaced and told, and found by a check', async () => {
    const index = 5;
    const { source } = train;
    if (source.kind !== 'shards') throw new Error('expected shards');
    const path = join(root, 'out', 'train-000000.tar');
    const bytes = readFileSync(path);
    bytes.fill(0, source.members.offsets[index], source.members.offsets[index] + 100);
    writeFileSync(path, bytes);
    const loader = createLoader(train, { ...common, batchSize: 32 });
    for await (const { size } of loader.epoch(0)) expect(size).toBe(32);
    expect(loader.skipped).toEqual([{ id: train.id(index), reason: 'not a picture of a known format' }]);
    await loader.dispose();
    expect((await checkPictures(train)).map(({ id }) => id)).toEqual([train.id(index)]);
  });
});
