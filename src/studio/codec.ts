import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import { CardinalError } from '../base/errors.ts';

/**
 * Arrays of numbers by their number on the line: MessagePack itself knows `Uint8Array` alone. A new one goes to the end, the order is what
 * both sides agree on.
 */
const arrays = [
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
] as const;

const extensions = new ExtensionCodec();
for (const [type, ArrayOf] of arrays.entries()) {
  extensions.register({
    type,
    encode: (value) =>
      value instanceof ArrayOf ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
    decode: (bytes) => {
      if (bytes.length % ArrayOf.BYTES_PER_ELEMENT !== 0) {
        throw new CardinalError(
          `a message has ${bytes.length} bytes of ${ArrayOf.name}, which are no whole numbers`,
        );
      }
      // A copy begins where such an array may.
      return new ArrayOf(bytes.slice().buffer);
    },
  });
}

/**
 * A message of a channel as bytes: plain objects, lists, texts, numbers and arrays of them. A field that is undefined is left out, as a
 * list's element it becomes null. Throws an `Error` for a function, or what else cannot be written.
 */
export function encodeMessage(message: unknown): Uint8Array<ArrayBuffer> {
  return encode(message, { extensionCodec: extensions, ignoreUndefined: true });
}

/** The message of these bytes. Throws a `CardinalError` if they are none. */
export function decodeMessage(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, { extensionCodec: extensions });
  } catch (error) {
    if (error instanceof CardinalError) throw error;
    throw new CardinalError('a message is damaged: it is not MessagePack', { cause: error });
  }
}
