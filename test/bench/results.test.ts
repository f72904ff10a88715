import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { csvOf } from '../../bench/compare/csv.ts';
import type { Layer } from '../../bench/compare/layer.ts';
import { stageTables } from '../../bench/compare/roofline.ts';
import { attainable, type Roofs } from '../../bench/compare/roofs.ts';
import type { Measured } from '../../bench/compare/rounds.ts';
import { shapeCsv, shapeRows, workCsv, workRows } from '../../bench/compare/rows.ts';
import { requireSame, sectionsOf, type Section } from '../../bench/compare/same.ts';
import { sampleOf, sampleSize } from '../../bench/compare/sample.ts';
import { replaceSection } from '../../bench/compare/section.ts';
import type { LayerWork } from '../../bench/compare/work.ts';

/** 0.0336 GFLOP in 2.1 MB. */
const layer: Layer = {
  ...{ name: 'layer1.0.conv1', times: 3, batch: 1, channels: 64, out: 64 },
  ...{ size: 64, kernel: 1, stride: 1, groups: 1, inputGradient: true },
};
const flop = 2 * 64 * 64 * 64 * 64;
const bytes = 4 * (2 * 64 * 64 * 64 + 64 * 64);
const work: LayerWork = {
  ...{ kind: 'shapes', id: 'small', title: 'small', training: true },
  layers: [layer],
  passes: ['forward', 'weight'],
};
const roofs: Roofs = {
  ...{ threads: 2, wasm: 100, native: 1000 },
  bandwidth: [
    { bytes: 2 ** 20, gbs: 50 },
    { bytes: 2 ** 21, gbs: 20 },
    { bytes: 2 ** 22, gbs: 10 },
  ],
};
const one = (name: string, parts: number[][]): Measured => ({
  ...{ name, version: 'Open "BLAS", 1', rounds: [3, 1, 2], parts, peakBytes: 2 ** 21 },
});
const measured = [
  one('Cardinal', [
    [2, 1, 4],
    [1, 1, 1],
  ]),
  one('PyTorch', [
    [3, 3, 3],
    [4, 4, 4],
  ]),
  one('PyTorch, channels last', [
    [5, 5, 5],
    [1, 2, 3],
  ]),
];

describe('the least time of a layer', () => {
  test('is that of its arithmetic, or of its bytes at the bandwidth of the next smaller set', () => {
    expect(attainable(layer, 'forward', roofs, 'wasm')).toBeCloseTo(flop / 100e6, 12);
    expect(attainable(layer, 'forward', roofs, 'native')).toBeCloseTo(bytes / 20e6, 12);
    const unknown = { ...roofs, native: undefined };
    expect(attainable(layer, 'forward', unknown, 'native')).toBeUndefined();
  });

  test('of one smaller than all sets takes the smallest', () => {
    const tiny = { ...layer, size: 8 };
    const least = (4 * (2 * 64 * 64 + 64 * 64)) / 50e6;
    expect(attainable(tiny, 'forward', { ...roofs, wasm: 1e6 }, 'wasm')).toBeCloseTo(least, 12);
  });
});

describe('tables', () => {
  test('quote what is more than a word', () => {
    const rows = [{ a: 'x-1.2', b: 'one, "two"', c: undefined }];
    expect(csvOf(rows, { a: ({ a }) => a, b: ({ b }) => b, c: ({ c }) => c, d: () => 4 })).toBe(
      'a,b,c,d\nx-1.2,"one, ""two""",,4\n',
    );
  });

  test('of whole works have the median, the spread and the memory', () => {
    expect(workCsv(workRows(work, measured.slice(0, 1)), 2)).toBe(
      'work,contender,version,threads,rounds,median_ms,least_ms,most_ms,peak_mib\n' +
        'small,Cardinal,"Open ""BLAS"", 1",2,3,2.000,1.000,3.000,2\n',
    );
  });

  test('of layers have a row for each pass and contender', () => {
    const [head, first, ...rest] = shapeCsv(shapeRows(work, measured, roofs), 2)
      .trim()
      .split('\n');
    expect(head).toBe(
      'work,layer,times,shape,batch,pass,contender,version,threads,rounds,median_ms,least_ms,most_ms,gflop,mb,gflops,roof_ms,share_of_roof',
    );
    // 0.0336 GFLOP in 2 ms are 16.8 GFLOP/s, of 100 that are possible.
    expect(first).toBe(
      'small,layer1.0.conv1,3,"64→64 1×1 64²",1,forward,Cardinal,"Open ""BLAS"", 1",2,3,2.000,1.000,4.000,0.034,2.1,16.8,0.336,0.168',
    );
    expect(rest.length).toBe(5);
  });

  test('by stage add up what a network has several times, and take the better layout of PyTorch', () => {
    const table = stageTables(shapeRows(work, measured, roofs), roofs).split('\n');
    const native = ((3 * bytes) / 20e6).toFixed(2);
    const wasm = ((3 * flop) / 100e6).toFixed(2);
    expect(table.filter((line) => line.startsWith('| layer1'))).toEqual([
      `| layer1 | forward | 0.10 | 6.34 | 6.00 | ${wasm} | 17 % | 9.00 | ${native} | 4 % |`,
      `| layer1 | weight | 0.10 | 6.34 | 3.00 | ${wasm} | 34 % | 6.00 | ${native} | 5 % |`,
    ]);
  });

  test('are put between their marks in a page, and nowhere else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cardinal-section-'));
    const page = join(folder, 'page.md');
    await writeFile(page, 'before\n<!-- x -->\nold\n<!-- /x -->\nafter\n');
    await replaceSection(page, 'x', 'new\n');
    await replaceSection(page, 'x', 'newer\n');
    expect(await readFile(page, 'utf8')).toBe('before\n<!-- x -->\nnewer\n<!-- /x -->\nafter\n');
    await expect(replaceSection(page, 'y', '')).rejects.toThrow(/expected <!-- y --> and <!-- \/y -->/);
    await rm(folder, { recursive: true });
  });
});

describe('results', () => {
  const sections: Section[] = [
    { name: 'large', length: 2, limit: { each: 1e-4 } },
    { name: 'small', length: Infinity, limit: { each: 1e-4 } },
  ];
  const first = Float32Array.of(1000, -500, 0.5, 0.25);

  test('are held to the size of their own section', () => {
    const near = Float32Array.of(1000.01, -500, 0.5, 0.25);
    expect(requireSame('peer', near, first, sections)).toBeCloseTo(1e-5, 7);
    // 1e-5 of the largest of all, but a fifth of the largest of its own.
    const far = Float32Array.of(1000, -500, 0.5, 0.26);
    expect(() => requireSame('peer', far, first, sections)).toThrow(
      /^peer computes something else: small: 0\.02/,
    );
  });

  test('that are missing, too many or no numbers are not the same', () => {
    expect(() => requireSame('peer', first.subarray(1), first, sections)).toThrow(
      /expected 4 numbers, got 3/,
    );
    const nan = Float32Array.of(NaN, -500, 0.5, 0.25);
    expect(() => requireSame('peer', nan, first, sections)).toThrow(/large: NaN apart/);
    const [large] = sections;
    expect(() => requireSame('peer', first, first, [large])).toThrow(/expected 2 numbers, got 4/);
  });

  test('of a work on layers are in sections by layer and pass', () => {
    expect(sectionsOf(work).map(({ name, length }) => [name, length])).toEqual([
      ['layer1.0.conv1, forward', 4096],
      ['layer1.0.conv1, weight', 4096],
    ]);
  });

  test('are sampled all over, the same place twice hardly ever', () => {
    const length = 1_000_003;
    const sample = sampleOf(Float32Array.from({ length }, (_, i) => i));
    expect(sample.length).toBe(sampleSize(length));
    expect(new Set(sample).size).toBe(sample.length);
    const sorted = sample.toSorted();
    const gaps = Array.from(sorted.subarray(1), (place, i) => place - sorted[i]);
    // Evenly they would be 244 apart.
    expect(Math.max(...gaps)).toBeLessThan(3 * 244);
  });
});
