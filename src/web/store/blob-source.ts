import { CardinalError, messageOf } from '../../base/errors.ts';
import { requireInside, type ByteSource } from '../../weights/byte-source.ts';

/** A `Blob` or `File` that is read in pieces; of one on the disk no more is in memory than is asked for. */
export function blobSource(blob: Blob, name: string): ByteSource {
  const { size } = blob;
  return {
    name,
    size,
    async read(begin, length) {
      requireInside({ name, size }, begin, length);
      try {
        return new Uint8Array(await blob.slice(begin, begin + length).arrayBuffer());
      } catch (error) {
        throw new CardinalError(
          `cannot read ${name}: it was changed, moved or deleted since it was chosen (${messageOf(error)}); choose it again`,
          { cause: error },
        );
      }
    },
  };
}
