import { crc32 } from '../../base/crc32.ts';
import type { Picture } from '../dataset.ts';
import { checkSize, defaultPictureLimits, type PictureLimits } from '../picture-limits.ts';
import { turned } from '../transforms/turn.ts';
import { orientationOf } from './exif.ts';
import { pngRows, type PngHeader, type PngRows } from './png-rows.ts';

/**
 * PNG, for platforms whose own decoder mixes alpha into the colours or rounds 16 bits: all colour types and depths, interlaced or not.
 * Bytes are Pillow's; alpha is dropped, 16 bits keep their high byte, EXIF rotation is applied. The platform inflates.
 *
 * Throws an `Error` with the bare reason if the file is damaged, truncated or larger than `limits`.
 */
export async function decodePng(
  bytes: Uint8Array,
  limits: PictureLimits = defaultPictureLimits,
): Promise<Picture> {
  const { parts, rows, header, orientation } = readPng(bytes, limits);
  const { width, height } = header;
  const data = new Uint8Array(3 * width * height);
  const fill = rows.into(data);
  try {
    let done = false;
    for await (const chunk of inflated(parts)) {
      done = fill(chunk);
      // What follows is no part of the picture, however much it becomes.
      if (done) break;
    }
    if (!done) throw new Error(damaged);
  } catch (error) {
    // The platform's own errors have other words in each browser.
    throw new Error(damaged, { cause: error });
  }
  return turned({ width, height, channels: 3, data }, orientation);
}

/**
 * The same at once, where the platform inflates so: `inflate` gives at most so many bytes, and throws if there are more, or they are damaged.
 * Throws whatever it does.
 */
export function decodePngAtOnce(
  bytes: Uint8Array,
  limits: PictureLimits,
  inflate: (parts: readonly Uint8Array[], most: number) => Uint8Array,
): Picture {
  const { parts, rows, header, orientation } = readPng(bytes, limits);
  const { width, height } = header;
  const data = new Uint8Array(3 * width * height);
  if (!rows.into(data)(inflate(parts, rows.bytes))) throw new Error(damaged);
  return turned({ width, height, channels: 3, data }, orientation);
}

/** What there is to be inflated, and what becomes of it. */
interface Png {
  readonly parts: readonly Uint8Array[];
  readonly rows: PngRows;
  readonly header: PngHeader;
  readonly orientation: number;
}

function readPng(bytes: Uint8Array, limits: PictureLimits): Png {
  const parts: Uint8Array[] = [];
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  let orientation = 1;
  for (const { type, data } of chunks(bytes)) {
    if (header === undefined && type !== 'IHDR') throw new Error('its header is damaged');
    if (type === 'IHDR') header = readHeader(data);
    else if (type === 'PLTE') palette = data;
    else if (type === 'IDAT') parts.push(data);
    else if (type === 'eXIf') orientation = orientationOf(data);
  }
  if (header === undefined) throw new Error(damaged);
  const { width, height } = header;
  checkSize(width, height, limits);
  if (header.color === 3 && palette === undefined) throw new Error('its palette is missing');
  const rows = pngRows(header, palette ?? new Uint8Array());
  const packed = parts.reduce((sum, { length }) => sum + length, 0);
  // Before the memory is taken.
  if (rows.bytes > mostPerByte * packed) throw new Error(damaged);
  return { parts, rows, header, orientation };
}

const damaged = 'it is truncated or damaged';

/** What deflate packs into a byte at most. */
const mostPerByte = 1032;

/** The chunks that matter, up to the end of the pixels. Throws an `Error` if one of them is damaged. */
function* chunks(bytes: Uint8Array): Generator<{ readonly type: string; readonly data: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (type === 'IEND') return;
    if (wanted.includes(type)) {
      if (end + 4 > bytes.length) throw new Error(damaged);
      if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) throw new Error(damaged);
      yield { type, data: bytes.subarray(at + 8, end) };
    }
    at = end + 4;
  }
}

const wanted = ['IHDR', 'PLTE', 'IDAT', 'eXIf'];

function readHeader(data: Uint8Array): PngHeader {
  if (data.length !== 13) throw new Error('its header is damaged');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [depth, color, compression, filter, interlace] = data.subarray(8);
  const isKnown =
    Object.hasOwn(depths, color) &&
    depths[color].includes(depth) &&
    compression + filter === 0 &&
    interlace < 2;
  if (!isKnown) throw new Error('its header is damaged');
  return { width: view.getUint32(0), height: view.getUint32(4), depth, color, isInterlaced: interlace === 1 };
}

/** Bits of a sample that a colour type may have. */
const depths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

async function* inflated(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  const source = new ReadableStream<BufferSource>({
    start: (controller) => {
      for (const part of parts) controller.enqueue(part as Uint8Array<ArrayBuffer>);
      controller.close();
    },
  });
  const reader = source.pipeThrough(new DecompressionStream('deflate')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
