import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/base/errors.ts';
import { gradCam, resizeMap } from '../../../src/use/explain/grad-cam.ts';
import { labelOf } from '../../../src/use/explain/label.ts';

describe('gradCam', () => {
  // Three places of two channels, channels-last.
  const activations = Float32Array.of(1, 0, 2, 1, 0, 4);

  test('weighs channels by the mean of their gradient, keeps what is positive and divides by the largest', () => {
    // Weights 2 and −1: sums 2, 3 and −4.
    const gradient = Float32Array.of(3, -3, 3, 0, 0, 0);
    expect([...gradCam(activations, gradient, 2)]).toEqual([Math.fround(2 / 3), 1, 0]);
  });

  test('is 0 everywhere if nothing speaks for the class', () => {
    expect([...gradCam(activations, new Float32Array(6).fill(-1), 2)]).toEqual([0, 0, 0]);
    expect([...gradCam(activations, new Float32Array(6), 2)]).toEqual([0, 0, 0]);
  });
});

describe('resizeMap', () => {
  test("interpolates as PyTorch's F.interpolate(mode='bilinear', align_corners=False)", () => {
    // PyTorch 1.13 of [[0, 1], [0.5, 0.25]].
    const resized = resizeMap(
      Float32Array.of(0, 1, 0.5, 0.25),
      { width: 2, height: 2 },
      { width: 5, height: 3 },
    );
    const expected = [
      0, 0.1, 0.5, 0.9, 1, 0.25, 0.2875, 0.4375, 0.5875, 0.625, 0.5, 0.475, 0.375, 0.275, 0.25,
    ];
    resized.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 6);
    });
  });

  test('leaves a map of the same size as it is, and spreads a single place', () => {
    const map = Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
    expect(resizeMap(map, { width: 3, height: 2 }, { width: 3, height: 2 })).toEqual(map);
    const spread = resizeMap(Float32Array.of(0.5), { width: 1, height: 1 }, { width: 2, height: 2 });
    expect([...spread]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });
});

describe('labelOf', () => {
  const classes = ['cat', 'dog', '0', 'a\u001b[2J'];

  test('finds a class by label, by name, and by a label in words, names first', () => {
    expect([0, 1, 'dog', '1', '0'].map((wanted) => labelOf(wanted, classes))).toEqual([0, 1, 1, 1, 2]);
  });

  test.each([4, -1, 0.5, NaN, 'dgo', '4', '', '01x', 'length', '__proto__'])('refuses %j', (wanted) => {
    expect(() => labelOf(wanted, classes)).toThrow(UsageError);
  });

  test('names what is nearest, without control characters', () => {
    expect(() => labelOf('dgo', classes)).toThrow(
      /^expected a class by its name or its label, from 0 to 3, got 'dgo'; the nearest names are dog, /,
    );
    expect(() => labelOf('a[2J', classes)).toThrow('a\\u001b[2J');
  });
});
