import { describe, expect, it } from 'vitest';
import { bytes, count, digits3, duration, percent, short } from '../../src/report/format.ts';

describe('numbers for people', () => {
  it.each([
    [25_028_904, '25.0 M'],
    [4_230_000_000, '4.23 G'],
    [999, '999'],
    [999.6, '1.00 k'],
    [0, '0'],
  ])('short(%d) is %s', (value, text) => {
    expect(short(value)).toBe(text);
  });

  it.each([
    [512, '512 B'],
    [1024, '1.00 KiB'],
    [1.2 * 1024 ** 3, '1.20 GiB'],
    [1023.9 * 1024, '1.00 MiB'],
  ])('bytes(%d) is %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });

  it.each([
    [9.44, '9.4 s'],
    [59.99, '1 min 00 s'],
    [125, '2 min 05 s'],
    [3 * 3600 + 12 * 60, '3 h 12 min'],
    [NaN, '–'],
  ])('duration(%d) is %s', (value, text) => {
    expect(duration(value)).toBe(text);
  });

  it('shares, counts and small numbers', () => {
    expect([percent(0.92414), percent(NaN), count(25028904)]).toEqual(['92.41 %', '–', '25,028,904']);
    expect([digits3(0.00123), digits3(45.06), digits3(0.00001234)]).toEqual(['0.00123', '45.1', '1.23e-5']);
  });
});
