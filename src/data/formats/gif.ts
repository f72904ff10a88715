/**
 * The size of a GIF's first frame, with what lies around it. Throws an `Error` with the bare reason if the file ends before that frame
 * does: some decoders leave black what is missing.
 */
export function gifSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 13) throw new Error(truncated);
  let at = 13 + tableBytes(bytes[10]);
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === extension) {
      at = endOfBlocks(bytes, at + 2);
      continue;
    }
    if (block !== image) throw new Error('it is damaged');
    if (at + 11 > bytes.length) throw new Error(truncated);
    const word = (from: number): number => view.getUint16(from, true);
    const width = Math.max(word(6), word(at + 1) + word(at + 5));
    const height = Math.max(word(8), word(at + 3) + word(at + 7));
    endOfBlocks(bytes, at + 11 + tableBytes(bytes[at + 9]));
    return { width, height };
  }
  throw new Error(truncated);
}

const truncated = 'it is truncated or damaged';
const extension = 0x21;
const image = 0x2c;

/** Of a table of colours, if the flags say that there is one. */
function tableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Where what follows blocks of up to 255 bytes begins, the last of them an empty one. */
function endOfBlocks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const length = bytes[at];
    at += 1 + length;
    if (length === 0) return at;
  }
  throw new Error(truncated);
}
