import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Rng } from '../../../src/base/rng.ts';
import { joinedBytes } from '../../../src/base/joined-bytes.ts';
import { encodeIdx } from '../../../src/data/idx.ts';
import { tarEnd, tarHeader, tarPadding } from '../../../src/data/shards/tar.ts';
import { tableOfCsv, tableOfJson } from '../../../src/data/labels/label-table.ts';
import { readPicture } from '../../../src/node/data/decode.ts';
import { openData } from '../../../src/node/data/open.ts';
import { joined, mutate } from '../../support/mutate.ts';
import { cifarFile } from '../../node/data/support/sources.ts';
import { mutateJson } from '../formats/json.ts';
import { patchField } from '../formats/records.ts';
import type { Probe, Target } from '../target.ts';

const pictureCount = 6;
const images = encodeIdx(
  [pictureCount, 4, 5],
  Uint8Array.from({ length: pictureCount * 20 }, (_, i) => i),
);
const labels = encodeIdx([pictureCount], Uint8Array.of(0, 1, 2, 0, 1, 2));

/** Opens a folder that holds these files, and reads every picture. */
async function readFolder({ folder }: Probe, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  const path = join(folder, 'data');
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(path, name), bytes);
  const { train, val, test } = await openData(path);
  for (const dataset of [train, val, test]) {
    for (let index = 0; index < Math.min(20, dataset?.length ?? 0); index++) {
      if (dataset !== undefined) await readPicture(dataset, index);
    }
  }
}

/** Magic number and sizes, one time in two one of them alone. */
function mutateIdx(bytes: Uint8Array, rng: Rng, others: readonly Uint8Array[]): Uint8Array {
  if (rng.int(2) === 0) return mutate(bytes, rng, others, { most: 2 });
  return patchField(bytes, { at: 4 * rng.int(4), bytes: 4, bigEndian: true }, rng);
}

const inFolder = { begins: /^\/\S*cardinal-fuzz-\w+\/data\b/ };

const idx: Target = {
  ...inFolder,
  name: 'idx',
  seeds: () => Promise.resolve([images, encodeIdx([pictureCount, 1, 1], new Uint8Array(pictureCount))]),
  early: /is no IDX file/,
  mutate: mutateIdx,
  read: (bytes, probe) =>
    readFolder(probe, { 'train-images-idx3-ubyte': bytes, 'train-labels-idx1-ubyte': labels }),
};

/** Archives with short and long names, and what tells the class in both ways. */
function archive(): Uint8Array {
  const members: [string, string][] = [
    ['a/1.png', 'no picture, which nobody looks at here'],
    ['a/1.cls', '1'],
    [`${'ü'.repeat(150)}.jpg`, 'x'.repeat(700)],
    [`${'ü'.repeat(150)}.json`, '{"label": 0, "more": [1, 2]}'],
  ];
  return joinedBytes([
    ...members.flatMap(([name, text]) => {
      const body = new TextEncoder().encode(text);
      return [tarHeader(name, body.length), body, tarPadding(body.length)];
    }),
    tarEnd,
  ]);
}

/** Damages a block, three times in four with the checksum that a header would have then. */
function mutateTar(bytes: Uint8Array, rng: Rng, others: readonly Uint8Array[]): Uint8Array {
  if (rng.int(4) === 0 || bytes.length < 512) return mutate(bytes, rng, others, { most: 2 });
  const at = 512 * rng.int(Math.floor(bytes.length / 512));
  const damaged = bytes.slice();
  damaged.set(mutate(bytes.subarray(at, at + 512), rng, [bytes], { most: 2 }).subarray(0, 512), at);
  let sum = 8 * 0x20;
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += damaged[at + i];
  damaged.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), at + 148);
  return damaged;
}

const tar: Target = {
  ...inFolder,
  name: 'tar',
  seeds: () => Promise.resolve([archive()]),
  early: /is no tar archive/,
  mutate: mutateTar,
  read: async (bytes, { folder }) => {
    const path = join(folder, 'data');
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path);
    writeFileSync(join(path, 'train-0.tar'), bytes);
    await openData(path, { classes: ['a', 'b'] });
  },
};

const idxLabels: Target = {
  ...idx,
  name: 'idx-labels',
  seeds: () => Promise.resolve([labels]),
  read: (bytes, probe) =>
    readFolder(probe, { 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': bytes }),
};

/** The compressed bytes damaged, or what is in them, or much more in them than there should be. */
const gzip: Target = {
  ...inFolder,
  name: 'gzip',
  seeds: () => Promise.resolve([new Uint8Array(gzipSync(images))]),
  early: /no gzip file|cannot be unzipped/,
  mutate(bytes, rng, others) {
    const content = rng.int(3) === 0 ? undefined : unzipped(bytes);
    if (content === undefined) return mutate(bytes, rng, others, { most: 2 });
    const damaged = new Uint8Array(gzipSync(mutateIdx(content, rng, [content])));
    if (rng.int(4) > 0) return damaged;
    const n = 16 + rng.int(13);
    // What a header claims may take memory, up to 1,032 times the file (SECURITY.md): the most zeros follow an honest one.
    return joined(n > 24 ? new Uint8Array(gzipSync(images)) : damaged, zeros(n));
  },
  read: (bytes, probe) =>
    readFolder(probe, { 'train-images-idx3-ubyte.gz': bytes, 'train-labels-idx1-ubyte': labels }),
};

const zipped = new Map<number, Uint8Array>();

/** A member of a gzip file that holds 2ⁿ zeros: what follows another is a part of the same content. */
function zeros(n: number): Uint8Array {
  const member = zipped.get(n) ?? new Uint8Array(gzipSync(Buffer.alloc(2 ** n)));
  zipped.set(n, member);
  return member;
}

function unzipped(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return new Uint8Array(gunzipSync(bytes, { maxOutputLength: 2 ** 20 }));
  } catch {
    return undefined;
  }
}

const cifar: Target = {
  ...inFolder,
  name: 'cifar',
  seeds: () => Promise.resolve([cifarFile([[0], [1], [9], [3]])]),
  early: /is truncated|is empty/,
  // Whole records are left in place more often than not: a length that does not fit is refused at once.
  mutate(bytes, rng, others) {
    if (rng.int(3) === 0 || bytes.length < 3073) return mutate(bytes, rng, others, { most: 1 });
    const records = 1 + rng.int(Math.floor(bytes.length / 3073));
    const copy = bytes.slice(0, 3073 * records);
    for (let left = rng.int(3); left > 0; left--) copy[3073 * rng.int(records)] = rng.int(256);
    return copy;
  },
  read: (bytes, probe) => readFolder(probe, { 'data_batch_1.bin': bytes }),
};

const cifar100: Target = {
  ...cifar,
  name: 'cifar100',
  seeds: () => Promise.resolve([cifarFile([[0, 1], [3, 99], [19, 5]])]), // prettier-ignore
  mutate: (bytes, rng, others) =>
    rng.int(2) === 0
      ? mutate(bytes, rng, others, { most: 1 })
      : patchField(bytes, { at: 3074 * rng.int(3) + rng.int(2), bytes: 1 }, rng),
  read: (bytes, probe) => readFolder(probe, { 'train.bin': bytes }),
};

/** Names of classes beside the data, from which messages and tables are made. */
const dataNames: Target = {
  ...inFolder,
  name: 'data-names',
  seeds: () => Promise.resolve(['["shoe", "bag", "coat"]', '["a", "b", "c", "d"]'].map((text) => new TextEncoder().encode(text))), // prettier-ignore
  early: /is not JSON/,
  mutate: mutateJson,
  read: (bytes, probe) =>
    readFolder(probe, {
      'train-images-idx3-ubyte': images,
      'train-labels-idx1-ubyte': labels,
      'classes.json': bytes,
    }),
};

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads labels as a program does that has their text. */
function readLabels(read: typeof tableOfCsv): Target['read'] {
  return async (bytes, { file }) => {
    read(new TextDecoder().decode(bytes), file, undefined);
    await Promise.resolve();
  };
}

const labelsCsv: Target = {
  name: 'labels-csv',
  seeds: () =>
    Promise.resolve([
      bytesOf('file,labels\na.jpg,cat|dog\n"b, c.jpg","dog; bird"\nd.jpg,\n'),
      bytesOf('file,x,y\na.jpg,1,-2.5e3\nb.jpg,0.25,7\n'),
    ]),
  early: /expected a first line that names the columns/,
  mutate: (bytes, rng, others) => mutate(bytes, rng, others, { most: 2 }),
  read: readLabels(tableOfCsv),
};

const labelsJson: Target = {
  name: 'labels-json',
  seeds: () =>
    Promise.resolve([
      bytesOf('{"a.jpg": ["cat", "dog"], "b.jpg": "dog", "c.jpg": []}'),
      bytesOf('{"a.jpg": {"x": 1, "y": -2.5}, "b.jpg": {"x": 3, "y": 4}}'),
    ]),
  early: /is not JSON/,
  mutate: mutateJson,
  read: readLabels(tableOfJson),
};

export const data: readonly Target[] = [
  tar,
  idx,
  idxLabels,
  gzip,
  cifar,
  cifar100,
  dataNames,
  labelsCsv,
  labelsJson,
];
