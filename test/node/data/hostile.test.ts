/** Data sets that were made to fill memory or never to end. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeIdx } from '../../../src/data/idx.ts';
import { leftOutLine, LeftOutTally } from '../../../src/data/left-out.ts';
import { findPictures } from '../../../src/node/data/files.ts';
import { readPicture } from '../../../src/node/data/decode.ts';
import { openData } from '../../../src/node/data/open.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cardinal-hostile-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, data: Uint8Array | string = ''): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), data);
}

function header(...shape: readonly number[]): Uint8Array {
  return encodeIdx(shape, new Uint8Array(0));
}

const images = 'train-images-idx3-ubyte';
const labels = 'train-labels-idx1-ubyte';

describe('IDX', () => {
  test('a zipped file that becomes more than its header says is not unzipped further', async () => {
    // 64 MB of zeros behind two pictures.
    const bomb = gzipSync(Buffer.concat([encodeIdx([2, 2, 2], new Uint8Array(8)), new Uint8Array(64e6)]));
    write(`${images}.gz`, bomb);
    write(`${labels}.gz`, gzipSync(encodeIdx([2], Uint8Array.of(0, 1))));
    const before = process.memoryUsage().arrayBuffers;
    await expect(openData(root)).rejects.toThrow(`${images}.gz unzips to more bytes than its header says`);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32e6);
  });

  test('a zipped file that says that it becomes gigabytes', async () => {
    write(`${images}.gz`, gzipSync(header(4_000_000, 28, 28)));
    write(`${labels}.gz`, gzipSync(header(4_000_000)));
    await expect(openData(root)).rejects.toThrow(
      /train-images-idx3-ubyte\.gz has \d+ bytes and claims to unzip to 3136000000, more than gzip packs into so few/,
    );
  });

  test('drawings are read, which pack far better than photos', async () => {
    const count = 25_000;
    const drawn = Buffer.alloc(56 * 56 * count);
    drawn.fill(255, drawn.length - 56);
    const zipped = gzipSync(Buffer.concat([header(count, 56, 56), drawn]));
    expect(drawn.length).toBeGreaterThan(8 * zipped.length + 2 ** 26);
    write(`${images}.gz`, zipped);
    write(
      `${labels}.gz`,
      gzipSync(
        encodeIdx(
          [count],
          Uint8Array.from({ length: count }, (_, i) => i % 2),
        ),
      ),
    );
    const { train } = await openData(root, { valFraction: 0 });
    expect(train?.length).toBe(count);
    const last = train && (await readPicture(train, count - 1));
    expect(last?.data.subarray(-57)).toEqual(Uint8Array.of(0, ...new Array<number>(56).fill(255)));
  });

  test('a file whose size does not fit its header is not read', async () => {
    write(images, header(2, 28, 28));
    truncateSync(join(root, images), 2 ** 41);
    write(labels, encodeIdx([2], Uint8Array.of(0, 1)));
    await expect(openData(root)).rejects.toThrow(
      `has bytes to spare: its header says 2×28×28 = 1568 bytes of data, the file has ${2 ** 41 - 16}`,
    );
    write(images, header(2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1));
    await expect(openData(root)).rejects.toThrow(/is truncated: its header says 4294967295×/);
  });

  test('other numbers of labels are noticed before anything is unzipped', async () => {
    write(`${images}.gz`, gzipSync(header(100, 28, 28)));
    write(`${labels}.gz`, gzipSync(header(99)));
    await expect(openData(root)).rejects.toThrow(/expected 100 labels, .* got 99/);
  });

  test('a zipped file that ends too soon, or is none', async () => {
    write(`${labels}.gz`, gzipSync(encodeIdx([2], Uint8Array.of(0, 1))));
    write(`${images}.gz`, gzipSync(header(2, 2, 2)));
    await expect(openData(root)).rejects.toThrow(/\.gz is truncated: its header says 2×2×2 = 8 .* has 0/);
    write(`${images}.gz`, 'no gzip file');
    await expect(openData(root)).rejects.toThrow(/\.gz cannot be unzipped, it is truncated or no gzip/);
    write(`${images}.gz`, gzipSync(''));
    await expect(openData(root)).rejects.toThrow(/an IDX header of rank 3 has 16 bytes, the file has 0/);
  });

  test('class names that are gigabytes, or no file', async () => {
    write(images, encodeIdx([2, 2, 2], new Uint8Array(8)));
    write(labels, encodeIdx([2], Uint8Array.of(0, 1)));
    write('classes.txt');
    truncateSync(join(root, 'classes.txt'), 2 ** 36);
    await expect(openData(root)).rejects.toThrow(/classes\.txt: it has 68719476736 bytes, at most 16777216/);
    rmSync(join(root, 'classes.txt'));
    mkdirSync(join(root, 'classes.json'));
    await expect(openData(root)).rejects.toThrow(/classes\.json: it is a folder, not a file$/);
  });
});

test('CIFAR: sizes are looked at before memory is taken', async () => {
  write('data_batch_1.bin');
  truncateSync(join(root, 'data_batch_1.bin'), 3073 * 2 ** 30);
  await expect(openData(root)).rejects.toThrow(/has 3299608625152 bytes, expected at most 2147483648/);
  truncateSync(join(root, 'data_batch_1.bin'), 3073 + 5);
  await expect(openData(root)).rejects.toThrow(/records of 3073 bytes, record 1 has 5$/);
});

test.runIf(process.platform !== 'win32')('CIFAR: a pipe', async () => {
  execFileSync('mkfifo', [join(root, 'data_batch_1.bin')]);
  // It is no file among those of the folder.
  await expect(openData(root)).rejects.toThrow(/is empty: expected class folders/);
  symlinkSync('/dev/zero', join(root, 'data_batch_2.bin'));
  await expect(openData(root)).rejects.toThrow(/is empty: expected class folders/);
});

describe.runIf(process.platform !== 'win32')('folders that are linked', () => {
  async function walk(): Promise<{ pictures: string[]; left: string | undefined }> {
    const leftOut = new LeftOutTally();
    const pictures = await findPictures(root, { root, split: undefined, leftOut });
    return { pictures, left: leftOutLine(leftOut.list()) };
  }

  test('in circles', async () => {
    write('a/1.png');
    symlinkSync('..', join(root, 'a', 'up'));
    symlinkSync('.', join(root, 'a', 'self'));
    expect(await walk()).toEqual({
      pictures: ['a/1.png'],
      left: 'left out: 2 links to a folder around it (a/self, a/up)',
    });
  });

  test('so that there are a billion ways to one picture', async () => {
    for (let level = 0; level < 30; level++) {
      mkdirSync(join(root, `${level}`));
      for (const side of ['left', 'right']) symlinkSync(`../${level + 1}`, join(root, `${level}`, side));
    }
    write('30/1.png');
    const { pictures, left } = await walk();
    expect(pictures).toEqual([`0/${'left/'.repeat(30)}1.png`]);
    expect(left).toMatch(/^left out: 60 folders that are there under another name \(/);
  });

  test('into several classes, each of which has the pictures', async () => {
    write('cat/1.png');
    write('cat/more/2.png');
    symlinkSync('../cat/more', join(root, 'dog'));
    rmSync(join(root, 'dog'));
    mkdirSync(join(root, 'dog'));
    symlinkSync('../cat', join(root, 'dog', 'all'));
    const { train, leftOut } = await openData(root, { valFraction: 0 });
    expect(Array.from(train?.labels ?? [])).toEqual([0, 0, 1, 1]);
    expect(leftOut).toEqual([]);
  });

  test('into more classes than anyone has', async () => {
    write('shared/more/1.png');
    for (let each = 0; each < 20; each++) {
      write(`data/class${each}/own.png`);
      symlinkSync('../../shared', join(root, 'data', `class${each}`, 'more'));
    }
    const { train, leftOut } = await openData(join(root, 'data'), { valFraction: 0 });
    expect(train?.length).toBe(20 + 16);
    expect(leftOut).toMatchObject([{ kind: 'repeated-folder', count: 4, harmless: false }]);
  });

  test('to nothing, and pictures that are hidden', async () => {
    write('a/1.png');
    write('a/.2.png');
    write('a/._1.png');
    write('a/.DS_Store');
    symlinkSync('nothing', join(root, 'a', '3.png'));
    expect(await walk()).toEqual({
      pictures: ['a/1.png'],
      left: 'left out: 1 broken link (a/3.png), 1 hidden picture (a/.2.png)',
    });
  });
});
