import { expect, test } from 'vitest';
import {
  f32,
  f64,
  flag,
  int,
  kernelArgs,
  optionalPointer,
  pointer,
  toWords,
} from '../../../src/backends/wasm/args/definition.ts';

const example = kernelArgs('example', {
  source: pointer('where'),
  count: int('how many', 'floats'),
  momentum: f64('a double that begins at byte 8'),
  epsilon: f32('how much'),
  decay: f64('a double that begins at byte 20, not a multiple of 8'),
  residual: optionalPointer('what else'),
  bias: optionalPointer('and what else'),
  transposed: flag('whether'),
});

const values = {
  ...{ source: 0xfffff000, count: -3, momentum: 0.1, epsilon: 0.25, decay: Math.PI },
  ...{ residual: undefined, bias: 64, transposed: true },
};

test('arguments lie one behind the other in words, a double in two', () => {
  const view = new DataView(Int32Array.from(toWords(example, values)).buffer);
  expect(view.byteLength).toBe(40);
  expect(view.getUint32(0, true)).toBe(0xfffff000);
  expect(view.getInt32(4, true)).toBe(-3);
  expect(view.getFloat64(8, true)).toBe(0.1);
  expect(view.getFloat32(16, true)).toBe(0.25);
  expect(view.getFloat64(20, true)).toBe(Math.PI);
  expect(view.getUint32(28, true)).toBe(0);
  expect(view.getUint32(32, true)).toBe(64);
  expect(view.getInt32(36, true)).toBe(1);
});

test('the order is that of the definition, not of the values', () => {
  const reversed = Object.fromEntries(Object.entries(values).reverse()) as typeof values;
  expect(toWords(example, reversed)).toEqual(toWords(example, values));
});
