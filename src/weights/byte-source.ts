import { CardinalError } from '../base/errors.ts';
import { bytes as bytesKind, checkKind, text } from '../base/options.ts';

/** A file that is read in pieces rather than whole: a path in Node, a `Blob` in a browser, bytes in memory. */
export interface ByteSource {
  /** What messages call it: a path, a URL. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `begin` on. They may be a part of a buffer that others see too: read, do not change. A
   * whole buffer is given away, and becomes a network's weights as it is. Throws a `CardinalError` if the file ends before
   * them; nothing is allocated for bytes that are not there.
   */
  read(begin: number, length: number): Promise<Uint8Array>;
}

/** Bytes in memory as a source; reads return views of them. */
export function bytesSource(bytes: Uint8Array, name: string): ByteSource {
  checkKind('bytesSource', 'the file', bytes, bytesKind);
  checkKind('bytesSource', 'its name', name, text);
  const source: ByteSource = {
    name,
    size: bytes.length,
    read: (begin, length) =>
      new Promise((resolve) => {
        requireInside(source, begin, length);
        resolve(bytes.subarray(begin, begin + length));
      }),
  };
  return source;
}

/** Throws a `CardinalError` unless the file has `length` bytes from `begin` on. */
export function requireInside(
  { name, size }: Pick<ByteSource, 'name' | 'size'>,
  begin: number,
  length: number,
): void {
  if (begin >= 0 && length >= 0 && begin + length <= size) return;
  throw new CardinalError(
    `${name} is truncated or damaged: expected ${length} bytes from byte ${begin} on, the file has ${size} in all`,
  );
}
