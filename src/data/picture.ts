import * as z from 'zod/mini';
import { described } from '../base/described.ts';
import { CardinalError } from '../base/errors.ts';
import { validate } from '../base/validate.ts';
import type { Picture } from './dataset.ts';

const side = z.int({ error: 'expected a whole number of pixels' }).check(z.positive());

const schema = z.object(
  {
    width: side,
    height: side,
    channels: z.union([z.literal(1), z.literal(3)], {
      error: ({ input }) =>
        `expected 1 (grey) or 3 (RGB), got ${described(input)}${input === 4 ? '; drop the alpha channel first' : ''}`,
    }),
    data: z.custom<Uint8Array | Uint8ClampedArray>(isBytes, {
      error: 'expected a Uint8Array of rows, channels interleaved',
    }),
  },
  { error: 'expected raw pixels { data, width, height, channels }' },
);

/**
 * Raw pixels from outside as a `Picture`. Throws a `CardinalError` unless they are height × width × channels bytes of 1 or 3
 * channels.
 */
export function requirePicture(value: unknown): Picture {
  const { width, height, channels, data } = validate(schema, value, 'the raw pixels');
  const expected = width * height * channels;
  if (data.length !== expected) {
    throw new CardinalError(
      `the raw pixels: data: expected ${width}×${height}×${channels} = ${expected} bytes, got ${data.length}`,
    );
  }
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, expected);
  return { width, height, channels, data: bytes };
}

/** By the tag, which holds for arrays of other realms (a test runner's, say) too. */
function isBytes(value: unknown): boolean {
  return (
    ArrayBuffer.isView(value) &&
    ['[object Uint8Array]', '[object Uint8ClampedArray]'].includes(Object.prototype.toString.call(value))
  );
}
