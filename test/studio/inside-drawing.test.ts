import { describe, expect, it } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import { receptiveField } from '../../src/cost/receptive-field.ts';
import { boxOf, pixelsOf } from '../../studio/src/inside/layers/field.ts';
import { barOf, digits, largest, signedNumber } from '../../studio/src/inside/paths/scale.ts';
import { figureOf } from '../../studio/src/network/block/figure.ts';

describe('the drawing of a block with bars', () => {
  it.each([
    [32, 320],
    [64, 320],
    [32, 900],
    [64, 900],
  ])(
    'of %i paths at %i pixels leaves each path a bar that can be seen, and room for it',
    (cardinality, width) => {
      const block = { cardinality, width: 4, inputWidth: 256 };
      const plain = figureOf('a', block, width);
      const { band, height, pieces, left } = figureOf('a', block, width, 150);
      expect(band.height).toBe(150);
      expect(height).toBe(plain.height + 150);
      const last = pieces.filter(({ row }) => row === 2);
      for (const { x, width: wide } of last) {
        expect(wide).toBeGreaterThanOrEqual(2.5);
        expect(x).toBeGreaterThanOrEqual(left);
      }
      for (const { y } of plain.rows) expect(y + 34).toBeLessThan(band.y);
    },
  );

  it('has the layers that a block has', () => {
    const block = { cardinality: 32, width: 1, inputWidth: 32, outputWidth: 16, kernel: [5, 5] as const };
    expect(figureOf('a', { ...block, isReduced: true }, 700).rows.map(({ text }) => text)).toEqual([
      ...['32, 1×1, 1 ×32', '1, 5×5, 1 ×32', '1, 1×1, 16 ×32'],
    ]);
    const { rows, pieces } = figureOf('a', { ...block, isReduced: false }, 700);
    expect(rows.map(({ text }) => text)).toEqual(['', '1, 5×5, 1 ×32', '1, 1×1, 16 ×32']);
    expect(pieces).toHaveLength(64);
  });

  it('has bars to one scale, up for what speaks for the class and down for what speaks against it', () => {
    const place = { zero: 100, size: 40 };
    expect(largest([0.5, -2, 1])).toBe(2);
    expect(barOf(2, 2, place)).toEqual({ y: 60, height: 40 });
    expect(barOf(-1, 2, place)).toEqual({ y: 100, height: 20 });
    // What is not 0 is seen, and what is 0 is not.
    expect(barOf(-1e-6, 2, place)).toEqual({ y: 100, height: 1 });
    expect(barOf(0, 2, place).height).toBe(0);
    expect(barOf(0, 0, place).height).toBe(0);
  });

  it('tells numbers with their signs', () => {
    expect([0.31249, -0.04071, 0].map(signedNumber)).toEqual(['+0.312', '−0.0407', '0']);
    expect([1.5, 0].map(digits)).toEqual(['1.50', '0']);
  });
});

describe('the receptive field over a picture', () => {
  const model = createModel('resnext50_32x4d');
  const region = { left: 0.25, top: 0, width: 0.5, height: 1 };

  it('of a first convolution is its kernel, cut where the input ends', () => {
    // 7×7, stride 2, padding 3.
    const field = receptiveField(model, 'conv1', [1, 3, 224, 224]);
    const inside = pixelsOf(field, { row: 10, column: 20 });
    expect(inside).toEqual([
      { first: 17, last: 23 },
      { first: 37, last: 43 },
    ]);
    const box = boxOf(inside, [224, 224], region);
    expect(box.top).toBeCloseTo(17 / 224, 12);
    expect(box.height).toBeCloseTo(7 / 224, 12);
    expect(box.left).toBeCloseTo(0.25 + (0.5 * 37) / 224, 12);
    expect(box.width).toBeCloseTo((0.5 * 7) / 224, 12);
    const corner = boxOf(pixelsOf(field, { row: 0, column: 111 }), [224, 224], region);
    expect(corner.top).toBe(0);
    expect(corner.height).toBeCloseTo(4 / 224, 12);
    expect(corner.left + corner.width).toBeCloseTo(0.75, 12);
  });

  it('of a late layer is all that the network sees', () => {
    const field = receptiveField(model, 'layer4', [1, 3, 224, 224]);
    expect(boxOf(pixelsOf(field, { row: 3, column: 3 }), [224, 224], region)).toEqual(region);
  });
});
