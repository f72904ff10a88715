import { crc32 } from 'node:zlib';
import type { Rng } from '../../../src/base/rng.ts';
import { edgeNumber, joined } from '../../support/mutate.ts';
import { mutateRecords, patchField, writeField, type Field, type Records } from './records.ts';

/** Signature, then chunks: length, type, data, CRC of type and data. */
export const png: Records = {
  split: (bytes) => [bytes.subarray(0, 8), ...walk(bytes, 8, (view, at) => 12 + view.getUint32(at))],
  seal(record) {
    if (record.length < 12 || record[0] === 0x89) return record;
    const body = record.subarray(4, record.length - 4);
    return joined(uint32(body.length - 4), body, uint32(crc32(body)));
  },
  // Width, height, depth, colour type, compression, filter, interlace.
  inside: (record, rng) =>
    textAt(record, 4) === 'IHDR'
      ? patchField(record, pick([[8, 4], [12, 4], [16, 1], [17, 1], [18, 1], [19, 1], [20, 1]], true, rng), rng) // prettier-ignore
      : undefined,
};

/** Markers with their length and data; what is coded goes with the scan's header. */
export const jpeg: Records = {
  split(bytes) {
    const starts = [0];
    for (let at = 2; at < bytes.length - 1; at++) {
      const isMarker =
        bytes[at] === 0xff && bytes[at + 1] !== 0 && !(bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd7);
      if (!isMarker) continue;
      starts.push(at);
      // The data of a segment may hold what looks like a marker.
      if (bytes[at + 1] < 0xd8 || bytes[at + 1] > 0xd9) at += 1 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    }
    return starts.map((start, index) => bytes.subarray(start, starts[index + 1]));
  },
  seal: (record) =>
    record.length < 4 || record[1] === 0xd8 || record[1] === 0xda
      ? record
      : writeField(record, { at: 2, bytes: 2, bigEndian: true }, BigInt(record.length - 2)),
  // A frame's precision, height, width, number of components and their sampling.
  inside: (record, rng) =>
    record[1] >= 0xc0 && record[1] <= 0xcf
      ? patchField(
          record,
          pick(
            [
              [4, 1],
              [5, 2],
              [7, 2],
              [9, 1],
              [11, 1],
              [14, 1],
            ],
            true,
            rng,
          ),
          rng,
        )
      : undefined,
};

/** RIFF, size, WEBP, then chunks: name, size, data, padded to even lengths. */
export const webp: Records = {
  split: (bytes) => [
    bytes.subarray(0, 12),
    ...walk(bytes, 12, (view, at) => {
      const size = view.getUint32(at + 4, true);
      return 8 + size + (size & 1);
    }),
  ],
  seal: (record) =>
    record.length < 8 || textAt(record, 0) === 'RIFF'
      ? record
      : writeField(record, { at: 4, bytes: 4 }, BigInt(record.length - 8)),
  sealFile: (bytes) => writeField(bytes, { at: 4, bytes: 4 }, BigInt(Math.max(0, bytes.length - 8))),
  // A canvas of 24 bits less one, or the size in the first frame.
  inside: (record, rng) =>
    textAt(record, 0) === 'VP8X' || textAt(record, 0) === 'VP8L'
      ? patchField(
          record,
          pick(
            [
              [8, 1],
              [9, 4],
              [12, 2],
              [15, 2],
            ],
            false,
            rng,
          ),
          rng,
        )
      : patchField(
          record,
          pick(
            [
              [8, 4],
              [14, 2],
              [16, 2],
            ],
            false,
            rng,
          ),
          rng,
        ),
};

/** Header with its table of colours, then extensions and pictures of sub-blocks, then a semicolon. */
export const gif: Records = {
  split(bytes) {
    const table = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
    const parts = [bytes.subarray(0, 13 + table(bytes[10]))];
    for (let at = parts[0].length; at < bytes.length;) {
      const begin = at;
      if (bytes[at] === 0x2c) at += 11 + table(bytes[at + 9]);
      else if (bytes[at] === 0x21) at += 2;
      else at = bytes.length;
      for (; at < bytes.length && bytes[at] !== 0;) at += 1 + bytes[at];
      parts.push(bytes.subarray(begin, ++at));
    }
    return parts;
  },
  inside: (record, rng) =>
    record[0] === 0x2c
      ? patchField(
          record,
          pick(
            [
              [1, 2],
              [3, 2],
              [5, 2],
              [7, 2],
              [9, 1],
              [10, 1],
            ],
            false,
            rng,
          ),
          rng,
        )
      : patchField(
          record,
          pick(
            [
              [6, 2],
              [8, 2],
              [10, 1],
              [11, 1],
            ],
            false,
            rng,
          ),
          rng,
        ),
};

/** The first directory's entries of 12 bytes, with what stands before and behind them. */
export const tiff: Records = {
  split(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const little = bytes[0] === 0x49;
    const begin = view.getUint32(4, little);
    const end = begin + 2 + 12 * view.getUint16(begin, little);
    if (end > bytes.length) throw new RangeError('no directory');
    const parts = [bytes.subarray(0, begin + 2)];
    for (let at = begin + 2; at < end; at += 12) parts.push(bytes.subarray(at, at + 12));
    return [...parts, bytes.subarray(end)];
  },
  // Tag, type, count, value.
  inside: (record, rng) =>
    record.length === 12 ? patchField(record, pick([[0, 2], [2, 2], [4, 4], [8, 2], [8, 4]], false, rng), rng) : undefined, // prettier-ignore
};

/** Boxes of size, type and content; some hold boxes. */
export const avif: Records = {
  split: (bytes) => walk(bytes, 0, (view, at) => view.getUint32(at)),
  seal: (record) =>
    record.length < 8
      ? record
      : writeField(record, { at: 0, bytes: 4, bigEndian: true }, BigInt(record.length)),
  inside(record, rng) {
    const head = { meta: 12, iprp: 8, ipco: 8, iinf: 14, moov: 8 }[textAt(record, 4)];
    if (head !== undefined) return joined(record.subarray(0, head), mutateRecords(avif, record.subarray(head), rng, [record.subarray(head)])); // prettier-ignore
    return textAt(record, 4) === 'ispe' ? patchField(record, pick([[12, 4], [16, 4]], true, rng), rng) : undefined; // prettier-ignore
  },
};

/** Size of the file, offset of the pixels, size of the header, width, height, planes, depth, compression and so on. */
const bmpFields = [[2, 4], [10, 4], [14, 4], [18, 4], [22, 4], [26, 2], [28, 2], [30, 4], [34, 4], [46, 4], [50, 4], [54, 4], [58, 4]] as const; // prettier-ignore
export const bmp: Records = {
  split: (bytes) => [bytes],
  inside: (record, rng) => patchField(record, pick(bmpFields, false, rng), rng),
};

/** Numbers in letters. */
export const ppm: Records = {
  split: (bytes) => [bytes],
  inside(record, rng) {
    const text = Buffer.from(record).toString('latin1');
    const numbers = [...text.slice(0, 40).matchAll(/\d+/g)];
    if (numbers.length === 0) return undefined;
    const { 0: old, index } = numbers[rng.int(numbers.length)];
    const by = [String(edgeNumber(rng, record.length)), '-1', '1.5', '', '0'.repeat(300), '#'][rng.int(6)];
    return new Uint8Array(Buffer.from(text.slice(0, index) + by + text.slice(index + old.length), 'latin1'));
  },
};

function walk(
  bytes: Uint8Array,
  begin: number,
  lengthAt: (view: DataView, at: number) => number,
): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: Uint8Array[] = [];
  for (let at = begin; at + 8 <= bytes.length;) {
    const length = Math.max(8, lengthAt(view, at));
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}

function pick(
  fields: readonly (readonly [at: number, bytes: 1 | 2 | 4])[],
  bigEndian: boolean,
  rng: Rng,
): Field {
  const [at, bytes] = fields[rng.int(fields.length)];
  return { at, bytes, bigEndian };
}

function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function textAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
