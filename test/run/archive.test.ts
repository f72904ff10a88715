import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { nodeFolders } from '../../src/node/folder-platform.ts';
import { RunFolder } from '../../src/node/run-folder.ts';
import { packRun } from '../../src/run/archive/pack.ts';
import { unpackRun } from '../../src/run/archive/unpack.ts';
import { ZipWriter } from '../../src/run/archive/zip-writer.ts';
import { readZipDirectory } from '../../src/weights/pytorch/zip-directory.ts';
import { buildCheckpoint } from '../../src/train/checkpoint.ts';
import { checkpointAt } from '../support/checkpoint.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-archive-'));
});
afterEach(() => rm(root, { recursive: true }));

/** A run of two checkpoints. */
async function makeRun(path: string) {
  const folder = await RunFolder.create(path);
  await folder.appendMetrics({ type: 'start', model: 'tiny', parameters: 1 });
  for (const step of [10, 20]) await folder.save('last', await buildCheckpoint(checkpointAt(step)));
  await folder.write('config.json', '{}');
  return folder;
}

async function filesIn(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).sort();
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(path, name))).toString('latin1')]),
    ),
  ) as Record<string, string>;
}

async function packed(run: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of packRun(run, {}, nodeFolders)) parts.push(part);
  return Buffer.concat(parts);
}

function unpack(zip: Uint8Array, into = join(root, 'there'), maxBytes?: number): Promise<void> {
  return unpackRun(bytesSource(zip, 'pets.zip'), into, { maxBytes }, nodeFolders);
}

describe('a packed run', () => {
  test('is the same when it is unpacked, by this program and by others', async () => {
    const run = join(root, 'pets');
    await (await makeRun(run)).close();
    const files = await filesIn(run);
    expect(Object.keys(files)).toEqual([
      'config.json',
      'last.safetensors',
      'metrics.jsonl',
      'previous.safetensors',
    ]);
    const zip = await packed(run);
    await unpack(zip);
    expect(await filesIn(join(root, 'there'))).toEqual(files);

    await writeFile(join(root, 'pets.zip'), zip);
    const python =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])';
    const { status, stderr } = spawnSync(
      'python3',
      ['-c', python, join(root, 'pets.zip'), join(root, 'python')],
      {
        encoding: 'utf8',
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(await filesIn(join(root, 'python'))).toEqual(files);

    // Another program's archive, compressed, with the folder's name in it.
    const again = 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2], "pets")';
    expect(spawnSync('python3', ['-c', again, join(root, 'other'), root], { encoding: 'utf8' }).status).toBe(
      0,
    );
    await unpack(await readFile(join(root, 'other.zip')), join(root, 'from-python'));
    expect(await filesIn(join(root, 'from-python'))).toEqual(files);
  });

  test('is not packed while somebody trains in it', async () => {
    const folder = await makeRun(join(root, 'pets'));
    await expect(packed(folder.path)).rejects.toThrow(
      /^run folder .*pets is already in use by process \d+; /,
    );
    await folder.close();
    await expect(packed(join(root, 'none'))).rejects.toThrow(/^no run folder .*none: it does not exist$/);
    await expect(packed(root)).rejects.toThrow(/^no run in .*: it is empty, or holds other files$/);
  });

  test('is unpacked whole or not at all', async () => {
    const run = join(root, 'pets');
    await (await makeRun(run)).close();
    const zip = await packed(run);
    for (let at = 40; at < zip.length; at += 997) {
      const damaged = Uint8Array.from(zip);
      damaged[at] ^= 1;
      await expect(unpack(damaged), `byte ${at}`).rejects.toThrow(
        /damaged|contradicts|no name of a run's file|read in different ways/,
      );
      expect(await readdir(root)).toEqual(['pets']);
    }
    await expect(unpack(zip.subarray(0, zip.length - 1))).rejects.toThrow(/damaged zip archive/);
    await expect(unpack(zip, run)).rejects.toThrow(
      /pets is not empty: choose another folder, or delete what is there first$/,
    );
    expect(Object.keys(await filesIn(run))).toHaveLength(4);
    await expect(unpack(zip, undefined, 1000)).rejects.toThrow(
      /^pets\.zip holds .* KiB, the limit is 1000 B: /,
    );
  });
});

describe('an archive that is no run', () => {
  test.each([
    [['last.safetensors', '../x'], /holds files in several folders/],
    [['../last.safetensors'], /holds '\.\.\/', which is no name of a run's file/],
    [['/last.safetensors'], /no name of a run's file/],
    [['last.safetensors', 'a\\b'], /no name of a run's file/],
    [['last.safetensors', 'C:x'], /no name of a run's file/],
    [['last.safetensors', 'aux.json'], /no name of a run's file/],
    [['last.safetensors', '.lock-x'], /no name of a run's file/],
    [['last.safetensors', 'LAST.safetensors'], /programs read in different ways/],
    [['photo.jpg'], /^pets\.zip holds no run: expected last\.safetensors, got 'photo\.jpg'$/],
    [[], /^pets\.zip/],
  ])('%j', async (names, message) => {
    const zip = new ZipWriter();
    const content = new TextEncoder().encode('x');
    const parts = names.flatMap((name) => [zip.begin({ name, size: 1, sum: crc32(content) }), content]);
    await expect(unpack(Buffer.concat([...parts, ...zip.end()]))).rejects.toThrow(message);
    expect(await readdir(root)).toEqual([]);
  });

  test('one that becomes more than it says', async () => {
    const bomb =
      'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED).writestr("last.safetensors", bytes(2**24))';
    expect(spawnSync('python3', ['-c', bomb, join(root, 'bomb.zip')]).status).toBe(0);
    const zip = new Uint8Array(await readFile(join(root, 'bomb.zip')));
    await rm(join(root, 'bomb.zip'));
    // What is said to be a thousand bytes, in both places.
    const view = new DataView(zip.buffer);
    const entry = Buffer.from(zip).indexOf('PK\u0001\u0002', 'latin1');
    view.setUint32(22, 1000, true);
    view.setUint32(entry + 24, 1000, true);
    await expect(unpack(zip)).rejects.toThrow(/cannot be unpacked/);
    expect(await readdir(root)).toEqual([]);
  });
});

test('an archive beyond 4 GiB has 64-bit numbers where they are needed', async () => {
  const zip = new ZipWriter();
  const sizes = { small: 10, large: 5 * 2 ** 30, behind: 20 };
  const heads = Object.entries(sizes).map(([name, size]) => ({
    name,
    size,
    head: zip.begin({ name, size, sum: 7 }),
  }));
  const end = Buffer.concat(zip.end());
  // What is in the records nobody reads.
  let at = 0;
  const pieces: { readonly begin: number; readonly bytes: Uint8Array }[] = [];
  for (const { head, size } of heads) {
    pieces.push({ begin: at, bytes: head });
    at += head.length + size;
  }
  pieces.push({ begin: at, bytes: end });
  const directory = await readZipDirectory({
    name: 'large.zip',
    size: at + end.length,
    read: (begin, length) => {
      const bytes = new Uint8Array(length);
      for (const piece of pieces) {
        const from = Math.max(begin, piece.begin);
        const to = Math.min(begin + length, piece.begin + piece.bytes.length);
        if (from < to) bytes.set(piece.bytes.subarray(from - piece.begin, to - piece.begin), from - begin);
      }
      return Promise.resolve(bytes);
    },
  });
  const read = [...directory.values()].map(({ filename, uncompressedSize }) => [filename, uncompressedSize]);
  expect(Object.fromEntries(read)).toEqual(sizes);
});
