import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../../src/studio/codec.ts';

test.each([
  Float32Array.of(1.5, -0, Infinity),
  Float64Array.of(Math.PI, NaN),
  Int8Array.of(-128, 127),
  Int16Array.of(-32_768, 3),
  Int32Array.of(-(2 ** 31), 7),
  Uint8Array.of(0, 255),
  Uint8ClampedArray.of(1, 2),
  Uint16Array.of(65_535),
  Uint32Array.of(2 ** 32 - 1, 5),
])('arrays keep kind and numbers: %o', (array) => {
  // A byte before it, so that it does not lie where such an array may begin.
  const message = { id: 1, odd: 'x', args: [array, array.subarray(1)] };
  const decoded = decodeMessage(encodeMessage(message));
  expect(decoded).toEqual(message);
});

test('what a message may hold comes back', () => {
  const message = {
    text: 'Größe 猫',
    numbers: [0, -1, 2 ** 40, 0.1, -Infinity],
    no: null,
    nested: [{ yes: true }],
  };
  expect(decodeMessage(encodeMessage(message))).toEqual(message);
});

test('an undefined field is left out, so that told callbacks stay told', () => {
  expect(decodeMessage(encodeMessage({ callback: undefined, value: 1 }))).toStrictEqual({ value: 1 });
});

test.each([
  ['nothing', Uint8Array.of()],
  ['a map that ends too early', Uint8Array.of(0x82, 0xa1, 0x61)],
  ['a list of more elements than there are bytes', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
  ['something behind the message', Uint8Array.of(0xc0, 0xc0)],
  ['half a number in an array', Uint8Array.of(0xc7, 3, 0, 1, 2, 3)],
  ['a key that would change all objects', encodeMessage(JSON.parse('{"__proto__": 1}'))],
])('%s is refused in one line', (_, bytes) => {
  expect(() => decodeMessage(bytes)).toThrow(/^a message (is damaged|has 3 bytes)/);
});
