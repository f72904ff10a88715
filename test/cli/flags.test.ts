import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/errors.ts';
import { lossFlag } from '../../src/cli/flags/loss.ts';
import { factors, integer, number, oneOf, perChannel, shape4 } from '../../src/cli/flags/values.ts';
import { setting } from '../../src/cli/flags/weights.ts';

describe('flag values', () => {
  it('reads what is in range', () => {
    expect(integer('--epochs', 1)('12')).toBe(12);
    expect(number('--lr', { above: 0 })('1e-3')).toBe(0.001);
    expect(number('--label-smoothing', { above: 0, below: 1, inclusive: true })('0')).toBe(0);
    expect(number('--layer-decay', { above: 0, most: 1 })('1')).toBe(1);
    expect(shape4('--input')('2,3,224,224')).toEqual([2, 3, 224, 224]);
    expect(perChannel('--mean', false)('0.5,-0.1,0')).toEqual([0.5, -0.1, 0]);
    const scales = factors('--lr-scale');
    expect(Object.entries(scales('fc=10', scales('*=0', { fc: 1 })))).toEqual([
      ['*', 0],
      ['fc', 10],
    ]);
    // A key that is a whole number would come first.
    expect(Object.keys(scales('7=1', scales('*=0.1', undefined)))).toEqual(['*', '7.*']);
    expect(oneOf('--backend', ['wasm', 'reference'])('wasm')).toBe('wasm');
  });

  it.each([
    ['0', integer('--epochs', 1), "--epochs: expected an integer of at least 1, got '0'"],
    ['2.5', integer('--epochs', 1), "--epochs: expected an integer of at least 1, got '2.5'"],
    ['', integer('--seed', 0), "--seed: expected an integer of at least 0, got ''"],
    [
      '1.5',
      number('--layer-decay', { above: 0, most: 1 }),
      "--layer-decay: expected a number above 0 and at most 1, got '1.5'",
    ],
    ['0x10', integer('--threads', 1, 256), "--threads: expected an integer from 1 to 256, got '0x10'"],
    [
      'layer1',
      (text) => factors('--lr-scale')(text, undefined),
      "--lr-scale: expected pattern=factor, for example layer1=0.1, got 'layer1'",
    ],
    [
      'fc=-1',
      (text) => factors('--lr-scale')(text, undefined),
      "--lr-scale: expected pattern=factor, for example layer1=0.1, got 'fc=-1'",
    ],
    ['-1', number('--lr', { above: 0 }), "--lr: expected a number above 0, got '-1'"],
    ['Infinity', number('--lr', { above: 0 }), "--lr: expected a number above 0, got 'Infinity'"],
    ['1e999', number('--lr', { above: 0 }), "--lr: expected a number above 0, got '1e999'"],
    ['1,3,224', shape4('--input'), "--input: expected N,C,H,W, for example 1,3,224,224, got '1,3,224'"],
    ['1,3,0,224', shape4('--input'), "--input: expected N,C,H,W, for example 1,3,224,224, got '1,3,0,224'"],
    ['gpu', oneOf('--backend', ['wasm', 'reference']), "--backend: expected wasm or reference, got 'gpu'"],
  ])('refuses %j', (text, read: (text: string) => unknown, message) => {
    expect(() => read(text)).toThrow(new UsageError(message));
  });

  it('reads a loss with its options', () => {
    expect(lossFlag('focal:gamma=1.5,alpha=.25')).toEqual({ kind: 'focal', gamma: 1.5, alpha: 0.25 });
    expect(lossFlag('bce:sumClasses')).toEqual({ kind: 'bce', sumClasses: true });
    expect(lossFlag('bce:sumClasses=false,targetThreshold=2e-1')).toMatchObject({ targetThreshold: 0.2 });
  });

  it.each(['', '2=3', '0x2', ' 2', 'two', 'Infinity'])('refuses %j as a number of a loss', (value) => {
    expect(() => lossFlag(`focal:gamma=${value}`)).toThrow(
      new UsageError(`--loss: gamma: expected a number, got '${value}'`),
    );
  });

  it('gathers settings and refuses what is none', () => {
    expect(setting('layers=1,1,1', setting('cardinality=8', undefined))).toEqual([
      'cardinality=8',
      'layers=1,1,1',
    ]);
    expect(() => setting('pictures/', undefined)).toThrow(/^--set: expected key=value, got 'pictures\/'/);
  });
});
