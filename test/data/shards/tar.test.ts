import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { joinedBytes } from '../../../src/base/joined-bytes.ts';
import { expandBraces } from '../../../src/data/shards/braces.ts';
import { bufferedOrder } from '../../../src/data/shards/order.ts';
import { parseTarHeader, tarEnd, tarHeader, tarPadding } from '../../../src/data/shards/tar.ts';
import { tarMembers, type TarMember } from '../../../src/data/shards/walk.ts';
import { Window } from '../../../src/data/shards/window.ts';
import { Rng } from '../../../src/base/rng.ts';
import { temporaryFolder } from '../../node/data/support/sources.ts';
import { seed } from '../../support/seed.ts';

let root = '';
let remove = (): void => undefined;
beforeEach(() => {
  ({ path: root, remove } = temporaryFolder());
});
afterEach(() => {
  remove();
});

async function members(bytes: Uint8Array): Promise<TarMember[]> {
  const found: TarMember[] = [];
  const read = (begin: number, length: number): Promise<Uint8Array> =>
    Promise.resolve(bytes.subarray(begin, begin + length));
  for await (const member of tarMembers(new Window({ name: 'a.tar', size: bytes.length, read })))
    found.push(member);
  return found;
}

const longName = `${'folder-of-many-letters/'.repeat(9)}${'x'.repeat(60)}.jpg`;
const names = ['a.jpg', 'dir/b.cls', longName, `${'y'.repeat(180)}.png`, 'ünï/Ω-猫.jpg'];
const content = (name: string): string => `content of ${name}`;

describe('tar archives', () => {
  test.each(['ustar', 'gnu', 'pax'])(
    'files as GNU tar writes them (%s), and where they are',
    async (format) => {
      const there = names.filter((name) => format !== 'ustar' || name.length < 100);
      for (const name of there) {
        mkdirSync(join(root, 'in', name, '..'), { recursive: true });
        writeFileSync(join(root, 'in', name), content(name));
      }
      execFileSync('tar', [
        `--format=${format}`,
        '-cf',
        join(root, 'a.tar'),
        '-C',
        join(root, 'in'),
        '--',
        ...there,
      ]);
      const bytes = new Uint8Array(readFileSync(join(root, 'a.tar')));
      const found = await members(bytes);
      expect(found.map(({ name }) => name)).toEqual(there);
      for (const { name, offset, size } of found) {
        const text = new TextDecoder().decode(bytes.subarray(offset, offset + size));
        expect(text).toBe(content(name));
      }
    },
  );

  test.each(['hard', 'symbolic'])('a %s link is no picture that is passed over', async (kind) => {
    writeFileSync(join(root, 'a.jpg'), content('a.jpg'));
    (kind === 'hard' ? linkSync : symlinkSync)(join(root, 'a.jpg'), join(root, 'b.jpg'));
    execFileSync('tar', ['-cf', join(root, 'a.tar'), '-C', root, 'a.jpg', 'b.jpg']);
    await expect(members(new Uint8Array(readFileSync(join(root, 'a.tar'))))).rejects.toThrow(
      "a.tar: 'b.jpg' is a link to another file, and links are not followed: pack it with tar --dereference --hard-dereference",
    );
  });

  test('what is written, tar and Python read', () => {
    const bytes = joinedBytes([
      ...names.flatMap((name) => {
        const body = new TextEncoder().encode(content(name));
        return [tarHeader(name, body.length), body, tarPadding(body.length)];
      }),
      tarEnd,
    ]);
    const path = join(root, 'b.tar');
    writeFileSync(path, bytes);
    const listed = execFileSync('tar', ['--quoting-style=literal', '-tf', path], { encoding: 'utf8' });
    expect(listed.trim().split('\n')).toEqual(names);
    const script = `import json, sys, tarfile
with tarfile.open(sys.argv[1]) as t: print(json.dumps([[m.name, m.mtime, t.extractfile(m).read().decode()] for m in t]))`;
    const read: unknown = JSON.parse(
      execFileSync('/usr/bin/python3', ['-c', script, path], { encoding: 'utf8' }),
    );
    expect(read).toEqual(names.map((name) => [name, 0, content(name)]));
  });

  test('sizes of 8 GiB and more, by GNU and by pax', async () => {
    const block = tarHeader('big.jpg', 0).slice();
    block.set([0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0], 124);
    let sum = 8 * 32;
    for (const [at, byte] of block.entries()) if (at < 148 || at >= 156) sum += byte;
    block.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    expect(parseTarHeader(block)).toEqual({ name: 'big.jpg', size: 2 ** 33, type: 'file' });
    await expect(members(joinedBytes([block, tarEnd]))).rejects.toThrow(
      "a.tar is truncated: 'big.jpg' at byte 0 has 8589934592 bytes, and the archive ends at 1536",
    );
  });

  test('damage is one line', async () => {
    const file = joinedBytes([tarHeader('a.jpg', 600), new Uint8Array(600), tarPadding(600)]);
    await expect(members(file.subarray(0, 900))).rejects.toThrow(
      /^a\.tar is truncated: 'a\.jpg' at byte 0 has 600/,
    );
    await expect(members(joinedBytes([file, new Uint8Array(512).fill(7)]))).rejects.toThrow(
      'a.tar is damaged or truncated: expected the header of a tar archive at byte 1536, got something else',
    );
    await expect(members(joinedBytes([file, new Uint8Array(100)]))).rejects.toThrow(
      /byte 1536, got 100 bytes$/,
    );
    await expect(members(new TextEncoder().encode('no tar'.repeat(200)))).rejects.toThrow(
      'a.tar is no tar archive',
    );
    await expect(members(Uint8Array.from({ length: 600 }, (_, i) => [0x1f, 0x8b][i] ?? 1))).rejects.toThrow(
      /gunzip/,
    );
    // An archive may end without its two blocks of zeros.
    expect(await members(file)).toEqual([{ name: 'a.jpg', offset: 512, size: 600 }]);
  });
});

test.each([
  [
    'train-{000008..000011}.tar',
    ['train-000008.tar', 'train-000009.tar', 'train-000010.tar', 'train-000011.tar'],
  ],
  ['{a,b{1..2},}x', ['ax', 'b1x', 'b2x', 'x']],
  ['{9..1..4}', ['9', '5', '1']],
  ['{-1..01}', ['-1', '00', '01']],
  ['{c..a}{0,1}', ['c0', 'c1', 'b0', 'b1', 'a0', 'a1']],
  ['{one}-{}-\\{a,b\\}', ['{one}-{}-{a,b}']],
])('%s', (text, expected) => {
  expect(expandBraces(text)).toEqual(expected);
  if (!text.includes('\\')) {
    const bash = execFileSync('bash', ['-c', `printf '%s\\n' ${text}`], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(expected.filter((name) => name !== '')).toEqual(bash);
  }
});

test('an order goes through files in turn, mixes neighbours and takes each sample once', () => {
  const starts = Uint32Array.from([0, 100, 250, 900]);
  const order = bufferedOrder(starts, 1000, Rng.of(seed, 'order'), 64);
  expect(order.toSorted()).toEqual(Uint32Array.from({ length: 1000 }, (_, i) => i));
  const fileOf = (sample: number): number => starts.findLastIndex((start) => start <= sample);
  const files = [...new Set(Array.from(order, fileOf))];
  // Position in the files one after the other, as they come: a sample is taken before those behind its buffer come.
  const sizes = files.map((file) => (starts[file + 1] ?? 1000) - starts[file]);
  const first = new Map(
    files.map((file, n) => [file, sizes.slice(0, n).reduce((sum, size) => sum + size, 0)]),
  );
  for (const [turn, sample] of order.entries()) {
    const file = fileOf(sample);
    expect((first.get(file) ?? 0) + sample - starts[file]).toBeLessThan(turn + 65);
  }
  const turns = Array.from(order, (sample, turn) => Math.abs(sample - turn));
  expect(turns.filter((moved) => moved > 0).length).toBeGreaterThan(900);
});
