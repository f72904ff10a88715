import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CardinalError } from '../../src/base/errors.ts';
import { leftOutLine, leftOutOf } from '../../src/data/left-out.ts';
import type { OpenOptions } from '../../src/data/open-data.ts';
import { openData } from '../../src/node/data/open.ts';
import { temporaryFolder, writeBytes, writeClasses } from '../node/data/support/sources.ts';

let root = '';
let remove = (): void => undefined;
beforeEach(async () => {
  ({ path: root, remove } = temporaryFolder());
  await writeClasses(root, { cat: 12, dog: 4 });
});
afterEach(() => {
  remove();
});

const line = async (options: OpenOptions = {}): Promise<string | undefined> =>
  leftOutLine((await openData(root, options)).leftOut);

describe('what is left out is said', () => {
  test('nothing, where everything is read; what systems hide is not worth a word', async () => {
    for (const name of ['.DS_Store', 'Thumbs.db', 'desktop.ini', '._000.png'])
      writeBytes(join(root, 'cat', name), 'x');
    writeBytes(join(root, '__MACOSX', 'cat', '000.png'), 'x');
    writeBytes(join(root, 'LICENSE'), 'x');
    expect(await line()).toBeUndefined();
    await openData(root, { strict: true });
  });

  test('pictures of other formats, other files, links and loose pictures, by kind and number', async () => {
    for (let n = 0; n < 20; n++) writeBytes(join(root, 'cat', `${n}.HEIC`), 'x');
    for (let n = 0; n < 3; n++) writeBytes(join(root, 'dog', 'more', `${n}.psd`), 'x');
    writeBytes(join(root, 'dog', 'notes.txt'), 'x');
    writeBytes(join(root, 'dog', 'IMG_1'), 'x');
    writeBytes(join(root, 'loose.png'), 'x');
    symlinkSync(join(root, 'nowhere.png'), join(root, 'cat', 'broken.png'));
    symlinkSync(root, join(root, 'dog', 'circle'));
    expect(await line()).toBe(
      'left out: 20 .heic pictures (the decoder here reads no HEIC: convert them to JPEG or PNG), 3 .psd pictures, ' +
        '1 picture outside of class folders (loose.png), 1 broken link (cat/broken.png), 1 file without an ending (dog/IMG_1), ' +
        '1 link to a folder around it (dog/circle), 1 .txt file',
    );
  });

  test('an empty class where the classes are known, and not where they are to be learnt', async () => {
    mkdirSync(join(root, 'bird'));
    await expect(openData(root)).rejects.toThrow(/bird holds no picture .*: a class needs at least one$/);
    expect(await line({ classes: ['bird', 'cat', 'dog'] })).toBe(
      'left out: 1 class folder without pictures (bird)',
    );
    writeBytes(join(root, 'bird', '1.heic'), 'x');
    await expect(openData(root)).rejects.toThrow(
      /a class needs at least one; there are \.heic \(the decoder/,
    );
  });

  test('folders beside the splits, each split by itself', async () => {
    await writeClasses(join(root, 'all', 'train'), { cat: 2, dog: 2 });
    await writeClasses(join(root, 'all', 'val'), { cat: 1 });
    await writeClasses(join(root, 'all', 'unlabelled'), { some: 1 });
    mkdirSync(join(root, 'all', 'val', 'dog'));
    mkdirSync(join(root, 'all', 'annotations'));
    writeBytes(join(root, 'all', 'train', 'cat', 'a.heic'), 'x');
    const { leftOut } = await openData(join(root, 'all'));
    expect(leftOut.map(({ kind, split, paths, harmless }) => [kind, split, ...paths, harmless])).toEqual([
      ['skipped-folder', undefined, 'unlabelled', false],
      ['empty-class', 'val', 'val/dog', false],
      ['format', 'train', 'train/cat/a.heic', false],
      ['skipped-folder', undefined, 'annotations', true],
    ]);
    expect(leftOutOf(leftOut, ['val']).map(({ kind }) => kind)).toEqual([
      'skipped-folder',
      'empty-class',
      'skipped-folder',
    ]);
  });
});

describe('strict', () => {
  test.each<[string, (folder: string) => void, RegExp]>([
    [
      'a format',
      (at) => {
        writeBytes(join(at, 'cat', 'a.heic'), 'x');
      },
      /not everything in it is read, the first cat\/a\.heic: 1 \.heic picture/,
    ],
    [
      'a broken link',
      (at) => {
        symlinkSync(join(at, 'no'), join(at, 'cat', 'a.png'));
      },
      /the first cat\/a\.png: 1 broken link/,
    ],
    [
      'a loose picture',
      (at) => {
        writeBytes(join(at, 'a.png'), 'x');
      },
      /1 picture outside of class folders/,
    ],
    [
      'an unknown ending',
      (at) => {
        writeBytes(join(at, 'cat', 'a.jpg_large'), 'x');
      },
      /1 \.jpg_large file/,
    ],
    [
      'a damaged picture',
      (at) => {
        writeBytes(join(at, 'cat', 'a.png'), 'x');
      },
      /cat\/a\.png cannot be read: not a picture/,
    ],
  ])('refuses %s', async (_, damage, reason) => {
    damage(root);
    await openData(root);
    const refused = openData(root, { strict: true });
    await expect(refused).rejects.toThrow(reason);
    await expect(refused).rejects.toBeInstanceOf(CardinalError);
  });

  test('takes what is plainly no picture', async () => {
    for (const name of ['a.txt', 'b.json', 'README']) writeBytes(join(root, 'cat', name), 'x');
    expect((await openData(root, { strict: true })).leftOut.map(({ ending }) => ending)).toEqual([
      '',
      '.json',
      '.txt',
    ]);
  });
});
