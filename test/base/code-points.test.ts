import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { byCodePoint } from '../../src/base/order.ts';
import { Rng } from '../../src/base/rng.ts';
import { openData } from '../../src/node/data/open.ts';
import { seed } from '../support/seed.ts';
import { findPython } from '../support/python.ts';
import { temporaryFolder, writeClasses } from '../node/data/support/sources.ts';

// What Python's `sorted` gives for these, and so torchvision's ImageFolder: JavaScript's `sort` has the last two first.
const inOrder = ['Z', 'a', 'a-b', 'ab', 'é', 'ｱ', '豈', '😀', '😀a', '𠀀'].toSorted(byCodePoint);

test("names have the order of Python's sorted", () => {
  expect(inOrder).toEqual(['Z', 'a', 'a-b', 'ab', 'é', '豈', 'ｱ', '😀', '😀a', '𠀀']);
  expect(byCodePoint('a', 'a')).toBe(0);
  expect(byCodePoint('', '😀')).toBeLessThan(0);
  // A high surrogate alone is less than the pair that begins with it, and than U+E000.
  expect(byCodePoint('\ud83d', '😀')).toBeLessThan(0);
  expect(byCodePoint('\ud83d', '\ue000')).toBeLessThan(0);
});

const python = findPython('json');
if (python === undefined) console.warn('SKIPPED: no python3 here to sort names');

test.skipIf(python === undefined)('5,000 random names have the order that Python gives them', () => {
  const rng = Rng.of(seed, 'names');
  const letters = Array.from('aZ0-_/.\u00e9\ud7ff\ue000\ufa00\uff71\uffff😀𠀀\u{10ffff}\u{10000}');
  const names = Array.from({ length: 5000 }, () =>
    Array.from({ length: 1 + rng.int(4) }, () => letters[rng.int(letters.length)]).join(''),
  );
  const { stdout } = spawnSync(
    python ?? '',
    ['-c', 'import json, sys; json.dump(sorted(json.loads(sys.stdin.buffer.read())), sys.stdout)'],
    { input: JSON.stringify(names), encoding: 'utf8' },
  );
  expect(names.toSorted(byCodePoint)).toEqual(JSON.parse(stdout));
});

test('classes and files of a folder are numbered in that order', async () => {
  const { path, remove } = temporaryFolder();
  try {
    const names = ['😀', '𠀀', '豈', 'ｱ'];
    await writeClasses(path, Object.fromEntries(names.map((name) => [name, 1])));
    await writeClasses(join(path, 'ｱ'), { '😀': 1, 豈: 1 });
    const data = await openData(path, { valFraction: 0 });
    expect(data.classes).toEqual(['豈', 'ｱ', '😀', '𠀀']);
    const ids = Array.from({ length: data.train?.length ?? 0 }, (_, i) => data.train?.id(i));
    expect(ids).toEqual(
      ['豈/000.png', 'ｱ/000.png', 'ｱ/豈/000.png', 'ｱ/😀/000.png', '😀/000.png', '𠀀/000.png'].map((id) =>
        join(path, id),
      ),
    );
  } finally {
    remove();
  }
});
