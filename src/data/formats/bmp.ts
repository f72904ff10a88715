import type { Picture } from '../dataset.ts';
import { decodeRuns } from './bmp-runs.ts';
import { checkSize, defaultPictureLimits, type PictureLimits } from '../picture-limits.ts';
import { checkRuns } from './limits.ts';

/**
 * Windows and OS/2 bitmaps: 1, 4 and 8 bits with a palette, also run-length encoded; 16, 24 and 32 bits, in the usual order or by
 * masks; rows from the bottom or from the top. Colours are Pillow's, byte for byte; alpha is dropped. Masks
 * that Pillow refuses are read, too.
 *
 * Throws an `Error` with the bare reason if the file is damaged, truncated, larger than `limits` or holds something else.
 */
export function decodeBmp(bytes: Uint8Array, limits: PictureLimits = defaultPictureLimits): Picture {
  const header = readHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { width, height, bits, fromTop } = header;
  checkSize(width, height, limits);
  const color = bits <= 8 ? paletteColors(bytes, header) : maskColors(header);
  const stride = Math.floor((width * bits + 31) / 32) * 4;
  const runs = header.compression === compressions.rle8 || header.compression === compressions.rle4;
  const raster = bytes.subarray(header.pixels);
  if (runs) checkRuns(width, height, raster.length);
  if (!runs && raster.length < stride * (height - 1) + Math.ceil((width * bits) / 8)) {
    throw new Error('it is truncated');
  }
  const indices = runs
    ? decodeRuns(raster, width, height, header.compression === compressions.rle4)
    : undefined;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    let to = (fromTop ? row : height - 1 - row) * width * 3;
    for (let x = 0; x < width; x++, to += 3) {
      const value = indices ? indices[row * width + x] : pixelAt(raster, row * stride, x, bits);
      const rgb = color(value);
      data[to] = rgb >> 16;
      data[to + 1] = rgb >> 8;
      data[to + 2] = rgb;
    }
  }
  return { width, height, channels: 3, data };
}

const compressions = { none: 0, rle8: 1, rle4: 2, masks: 3, alphaMasks: 6 } as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly fromTop: boolean;
  readonly compression: number;
  /** Red, green, blue. */
  readonly masks: readonly [number, number, number] | undefined;
  /** Where the palette lies, how many colours it has, and bytes of each. */
  readonly palette: { readonly at: number; readonly colors: number; readonly bytes: 3 | 4 };
  /** Where the pixels begin. */
  readonly pixels: number;
}

/** Numbers are little-endian. */
function readHeader(view: DataView): Header {
  if (view.byteLength < 26) throw new Error('it is truncated');
  const size = view.getUint32(14, true);
  const pixels = view.getUint32(10, true);
  const end = 14 + size;
  if (view.byteLength < end) throw new Error('it is truncated');
  if (size === 12) {
    const bits = checkBits(view.getUint16(24, true));
    const shared = { width: view.getUint16(18, true), height: view.getUint16(20, true), bits, pixels };
    const colors = bits <= 8 ? 2 ** bits : 0;
    const palette = { at: end, colors, bytes: 3 } as const;
    return { ...shared, fromTop: false, compression: compressions.none, masks: undefined, palette };
  }
  const bits = checkBits(view.getUint16(28, true));
  const compression = view.getUint32(30, true);
  const height = view.getInt32(22, true);
  // OS/2 counts 3 as Huffman and 4 as 24-bit runs; only its 64-byte header can be told apart.
  const known = size === 64 ? [0, 1, 2] : Object.values<number>(compressions);
  if (!known.includes(compression)) throw new Error(`BMP compression ${compression} is not supported`);
  requireBits(compression, bits);
  const masked = compression === compressions.masks || compression === compressions.alphaMasks;
  // Of a 40-byte header the masks lie behind it, and the palette behind them.
  const behind = masked && size === 40 ? (compression === compressions.alphaMasks ? 16 : 12) : 0;
  if (view.byteLength < end + behind) throw new Error('it is truncated');
  const colors = bits <= 8 ? view.getUint32(46, true) || 2 ** bits : 0;
  const at = end + behind;
  return {
    width: view.getInt32(18, true),
    height: Math.abs(height),
    bits,
    fromTop: height < 0,
    compression,
    masks: masked
      ? [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)]
      : undefined,
    palette: { at, colors, bytes: 4 },
    // Some programs forget the palette when they say where the pixels begin: they cannot begin in it.
    pixels: pixels === end && bits <= 8 ? at + 4 * colors : pixels,
  };
}

function checkBits(bits: number): number {
  if ([1, 4, 8, 16, 24, 32].includes(bits)) return bits;
  throw new Error(`${bits} bits a pixel are not supported`);
}

function requireBits(compression: number, bits: number): void {
  const wanted = new Map<number, readonly number[]>([
    [compressions.rle8, [8]],
    [compressions.rle4, [4]],
    [compressions.masks, [16, 24, 32]],
    [compressions.alphaMasks, [16, 24, 32]],
  ]).get(compression);
  if (wanted === undefined || wanted.includes(bits)) return;
  throw new Error(`BMP compression ${compression} with ${bits} bits a pixel is not supported`);
}

/** The value of pixel `x` of a row: a palette's index, or the bytes of the pixel as a number. */
function pixelAt(raster: Uint8Array, row: number, x: number, bits: number): number {
  switch (bits) {
    case 1:
      return (raster[row + (x >> 3)] >> (7 - (x & 7))) & 1;
    case 4:
      return (raster[row + (x >> 1)] >> (x & 1 ? 0 : 4)) & 15;
    case 8:
      return raster[row + x];
    case 16:
      return raster[row + 2 * x] | (raster[row + 2 * x + 1] << 8);
    default: {
      const at = row + (bits / 8) * x;
      const low = raster[at] | (raster[at + 1] << 8) | (raster[at + 2] << 16);
      return bits === 24 ? low : (low | (raster[at + 3] << 24)) >>> 0;
    }
  }
}

/** 0xRRGGBB by index. Indices without a colour are black. */
function paletteColors(bytes: Uint8Array, { palette, pixels }: Header): (index: number) => number {
  const { at, bytes: each } = palette;
  if (palette.colors > 65_536) throw new Error(`its palette has ${palette.colors} colours`);
  const last = Math.min(palette.colors, 256, Math.floor((Math.max(pixels, at) - at) / each));
  const colors = new Uint32Array(256);
  for (let index = 0; index < last; index++) {
    const from = at + index * each;
    colors[index] = (bytes[from + 2] << 16) | (bytes[from + 1] << 8) | bytes[from];
  }
  return (index) => colors[index];
}

/** 0xRRGGBB of the bits under the masks. */
function maskColors({ bits, masks }: Header): (value: number) => number {
  const usual = bits === 16 ? ([0x7c00, 0x3e0, 0x1f] as const) : ([0xff0000, 0xff00, 0xff] as const);
  const all = masks === undefined || masks.every((mask) => mask === 0) ? usual : masks;
  const [red, green, blue] = all.map(channel);
  return (value) => (red(value) << 16) | (green(value) << 8) | blue(value);
}

/** The byte of one channel: its bits as a share of the most that they can be. */
function channel(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = Math.log2((mask & -mask) >>> 0);
  const most = mask >>> shift;
  if ((most & (most + 1)) !== 0) throw new Error('its colour masks have holes');
  return (value) => Math.trunc((((value & mask) >>> shift) * 255) / most);
}
