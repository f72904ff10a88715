import type { Picture } from '../dataset.ts';
import { checkSize, defaultPictureLimits, type PictureLimits } from '../picture-limits.ts';

/**
 * Netpbm pictures (https://netpbm.sourceforge.net/doc/pnm.html): P1, P4 black and white, P2, P5 grey, P3, P6 RGB; P1 to P3
 * are text. Bytes are Pillow's: v/maxval·255, rounded to even. Grey of more than 255 levels is brought to 16 bits so, and then
 * keeps its high byte, as 16-bit grey does here in every format.
 *
 * Throws an `Error` with the bare reason if the file is damaged, truncated or larger than `limits`.
 */
export function decodePpm(bytes: Uint8Array, limits: PictureLimits = defaultPictureLimits): Picture {
  const reader = new Reader(bytes);
  const kind = bytes[1] - 0x30;
  const bitmap = kind === 1 || kind === 4;
  const width = reader.number();
  const height = reader.number();
  const most = bitmap ? 1 : reader.number();
  checkSize(width, height, limits);
  if (!(most > 0 && most < 65_536)) throw new Error(`its largest value is ${most}, expected 1 to 65535`);
  const channels = kind === 3 || kind === 6 ? 3 : 1;
  const size = width * height * channels;
  if (kind <= 3) {
    // A sample takes a character at least, so no claim is believed before the memory is taken.
    if (size > bytes.length) throw new Error(truncated);
    const value = bitmap ? () => reader.bit() : () => reader.sample(most);
    const level = bitmap ? (bit: number) => 255 * (1 - bit) : levels(most, channels);
    return { width, height, channels, data: Uint8Array.from({ length: size }, () => level(value())) };
  }
  const raster = reader.raster();
  if (bitmap) return { width, height, channels, data: unpackBits(raster, width, height) };
  const deep = most > 255;
  if (raster.length < size * (deep ? 2 : 1)) throw new Error(truncated);
  if (most === 255) return { width, height, channels, data: raster.slice(0, size) };
  const level = levels(most, channels);
  const data = new Uint8Array(size);
  for (let i = 0; i < size; i++) data[i] = level(deep ? (raster[2 * i] << 8) | raster[2 * i + 1] : raster[i]);
  return { width, height, channels, data };
}

const truncated = 'it is truncated';

/** The byte of a value. More than `most` is clipped. */
function levels(most: number, channels: 1 | 3): (value: number) => number {
  if (most > 255 && channels === 1) {
    return (value) => Math.min(65_535, roundHalfToEven((value / most) * 65_535)) >> 8;
  }
  return (value) => Math.min(255, roundHalfToEven((value / most) * 255));
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

/** Rows of bits, the first pixel highest, each row in whole bytes; 1 is black. */
function unpackBits(raster: Uint8Array, width: number, height: number): Uint8Array {
  const stride = Math.ceil(width / 8);
  if (raster.length < stride * height) throw new Error(truncated);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = (raster[y * stride + (x >> 3)] >> (7 - (x & 7))) & 1;
      data[y * width + x] = 255 * (1 - bit);
    }
  }
  return data;
}

/** Reads the header's numbers, and the samples where they are text. Comments go from # to the end of the line. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 2;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(): number {
    this.#skipSpace();
    const start = this.#at;
    let value = 0;
    for (let digit = this.#digit(); digit !== undefined; digit = this.#digit()) {
      value = 10 * value + digit;
      this.#at++;
    }
    if (this.#at === start)
      throw new Error(this.#at < this.#bytes.length ? 'its header is damaged' : truncated);
    return value;
  }

  sample(most: number): number {
    const value = this.number();
    if (value > most) throw new Error(`it holds ${value}, more than its largest value ${most}`);
    return value;
  }

  /** Bits of P1 need no space between them. */
  bit(): number {
    this.#skipSpace();
    const digit = this.#digit();
    if (digit !== 0 && digit !== 1) throw new Error(digit === undefined ? truncated : 'it is damaged');
    this.#at++;
    return digit;
  }

  /** What follows the one blank behind the header. */
  raster(): Uint8Array {
    return this.#bytes.subarray(this.#at + 1);
  }

  #digit(): number | undefined {
    const digit = this.#bytes[this.#at] - 0x30;
    return digit >= 0 && digit <= 9 ? digit : undefined;
  }

  #skipSpace(): void {
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte === 0x23) {
        while (this.#at + 1 < this.#bytes.length && !isLineEnd(this.#bytes[this.#at])) this.#at++;
      } else if (byte !== 0x20 && (byte < 9 || byte > 13)) return;
    }
  }
}

function isLineEnd(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}
