import { expect } from 'vitest';

import { predictionsOf, type Colour } from './colours.ts';

/** What the network makes of colours, and pictures of them prepared and as bytes: of what both forms of the protocol send. */

export const logitsOf = (colour: Colour): number[] => colour.map((value) => (10 * value) / 255);

export const probabilitiesOf = (colour: Colour): number[] =>
  predictionsOf(colour)
    .sort((a, b) => a.label - b.label)
    .map(({ probability }) => probability);

export const about = (values: readonly number[]): unknown[] =>
  values.map((value): unknown => expect.closeTo(value, 5));

/** N pictures of one colour each, prepared. */
export function prepared(...colours: readonly Colour[]): number[] {
  return colours.flatMap((colour) => colour.flatMap((value) => Array<number>(16).fill(value / 255)));
}

/** Little-endian, as the extension says. */
export function floats(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeFloatLE(value, 4 * index));
  return bytes;
}

export function readFloats(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(4 * index));
}

/** Elements of BYTES, each with its length before it. */
export function withLength(...elements: readonly Buffer[]): Buffer {
  return Buffer.concat(
    elements.flatMap((bytes) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
