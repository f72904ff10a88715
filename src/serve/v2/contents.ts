import { described } from '../../base/described.ts';
import { joinedBytes } from '../../base/joined-bytes.ts';
import { sizeOf } from '../../base/shape.ts';
import { invalid } from './invalid.ts';

/**
 * The elements of an input tensor, in whichever form a request has them, row after row. Both functions throw a `ServeError` 400 that
 * begins with `what`, unless there are exactly as many elements as `shape` says; they allocate no memory for any that are not there.
 */
export interface Contents {
  floats(shape: readonly number[], what: string): Float32Array;
  elements(shape: readonly number[], what: string): readonly Uint8Array[];
}

/** JSON: nested as the shape is, or flat. Numbers for FP32; base64 for BYTES, because pictures are no text. */
export function jsonContents(data: readonly unknown[]): Contents {
  return {
    floats(shape, what) {
      const rows = rowsOf(data, shape, what);
      const floats = new Float32Array(sizeOf(shape));
      let at = 0;
      for (const row of rows) {
        for (const value of row) {
          if (typeof value !== 'number') throw invalid(`${what}: expected numbers, got ${described(value)}`);
          floats[at++] = value;
        }
      }
      return requireFinite(floats, what);
    },
    elements: (shape, what) =>
      rowsOf(data, shape, what).flatMap((row) => row.map((value) => bytesOfBase64(value, what))),
  };
}

/** The protocol's binary form: little-endian, without gaps; an element of BYTES is its length (4 bytes), then its bytes. */
export function binaryContents(bytes: Uint8Array): Contents {
  return {
    floats(shape, what) {
      const expected = 4 * sizeOf(shape);
      if (bytes.length !== expected) {
        throw invalid(
          `${what}: expected ${expected} bytes for the shape [${shape.join()}], got ${bytes.length}`,
        );
      }
      // Copied, because floats lie at multiples of four bytes.
      return requireFinite(new Float32Array(joinedBytes([bytes]).buffer), what);
    },
    elements(shape, what) {
      const count = sizeOf(shape);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const elements: Uint8Array[] = [];
      let at = 0;
      while (elements.length < count) {
        const start = at + 4;
        const end = start > bytes.length ? Infinity : start + view.getUint32(at, true);
        if (end > bytes.length) {
          throw invalid(
            `${what}: expected ${count} elements, each its length and its bytes, got ${bytes.length} bytes, which end in number ${elements.length}`,
          );
        }
        elements.push(bytes.subarray(start, end));
        at = end;
      }
      if (at !== bytes.length)
        throw invalid(`${what}: ${bytes.length - at} bytes are left after its ${count} elements`);
      return elements;
    },
  };
}

/** Throws a `ServeError` 400 if there is NaN or infinity among them. */
export function requireFinite(floats: Float32Array, what: string): Float32Array {
  const at = floats.findIndex((value) => !Number.isFinite(value));
  if (at === -1) return floats;
  throw invalid(`${what}: expected finite numbers of 32 bits, got ${floats[at]} at position ${at}`);
}

/** The innermost rows of nested lists, or the one row of a flat list; checked against the shape. */
function rowsOf(
  data: readonly unknown[],
  shape: readonly number[],
  what: string,
): readonly (readonly unknown[])[] {
  if (shape.length > 1 && Array.isArray(data[0])) return nestedRows(data, shape, what);
  const expected = sizeOf(shape);
  if (data.length === expected) return [data];
  throw invalid(`${what}: expected ${expected} elements for the shape [${shape.join()}], got ${data.length}`);
}

function nestedRows(data: unknown, shape: readonly number[], what: string): readonly (readonly unknown[])[] {
  const [expected, ...inner] = shape;
  if (!Array.isArray(data) || data.length !== expected) {
    const got = Array.isArray(data) ? `one of ${data.length}` : described(data);
    throw invalid(
      `${what}: expected lists nested as the shape [${shape.join()}], a list of ${expected}, got ${got}`,
    );
  }
  const list: readonly unknown[] = data;
  return inner.length === 0 ? [list] : list.flatMap((item) => nestedRows(item, inner, what));
}

function bytesOfBase64(value: unknown, what: string): Uint8Array {
  if (typeof value !== 'string') throw invalid(`${what}: expected texts in base64, got ${described(value)}`);
  const bytes = Buffer.from(value, 'base64');
  // Node passes over what is no base64: there are fewer bytes then.
  const letters = value.endsWith('==')
    ? value.length - 2
    : value.endsWith('=')
      ? value.length - 1
      : value.length;
  if (bytes.length === Math.floor((letters * 3) / 4) && letters % 4 !== 1) return bytes;
  throw invalid(`${what}: expected base64 without line ends, got ${described(value)}`);
}
