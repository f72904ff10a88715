import type { PictureLimits } from '../picture-limits.ts';

/** Times that a picture of `maxPixels` is gone over; smaller ones more often. Progressive JPEGs have some ten scans. */
const mostPasses = 100;

/** Throws an `Error` with the bare reason if decoding a JPEG of so many pixels goes over them too often. */
export function checkScans(bytes: Uint8Array, pixels: number, { maxPixels }: PictureLimits): void {
  const most = Math.floor((mostPasses * maxPixels) / pixels);
  if (jpegScans(bytes, most + 1) > most) throw new Error(`it has more than ${most} scans`);
}

/**
 * How often a decoder goes over the pixels of a JPEG: once for a usual one, once for each scan of a progressive one. A scan of a
 * hundred bytes may go over all of them, and decoders take any number of scans.
 *
 * `most` ends the count. What is no JPEG, or damaged, has as many as are found before the damage.
 */
export function jpegScans(bytes: Uint8Array, most: number): number {
  let scans = 0;
  let components = 0;
  let progressive = false;
  for (let at = 2; at + 4 <= bytes.length && scans < most;) {
    if (bytes[at] !== 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1];
    if (marker === endOfImage) break;
    if (!hasLength(marker)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (isFrame(marker)) {
      progressive = marker % 4 === 2;
      components = bytes[at + 9];
    }
    at += 2 + length;
    if (marker !== startOfScan) continue;
    scans++;
    // All that there is to a usual picture: decoders do not look behind its one scan.
    if (!progressive && bytes[at - length + 2] >= components) break;
    at = endOfScan(bytes, at);
  }
  return scans;
}

const startOfScan = 0xda;
const endOfImage = 0xd9;

/** What the header of a JPEG says, without its pixels. */
export interface JpegFrame {
  /** As they are stored: EXIF may turn them. */
  readonly width: number;
  readonly height: number;
  /** Whether the end of the picture is there: some decoders fill up with grey what is missing. */
  readonly isWhole: boolean;
}

/** Throws an `Error` with the bare reason if there is no frame. */
export function jpegFrame(bytes: Uint8Array): JpegFrame {
  let size: { readonly width: number; readonly height: number } | undefined;
  let isWhole = false;
  for (let at = 2; at + 2 <= bytes.length;) {
    const marker = bytes[at] === 0xff ? bytes[at + 1] : 0;
    isWhole = marker === endOfImage;
    if (isWhole) break;
    if (!hasLength(marker)) {
      at++;
      continue;
    }
    if (isFrame(marker) && at + 9 <= bytes.length) {
      size ??= {
        height: (bytes[at + 5] << 8) | bytes[at + 6],
        width: (bytes[at + 7] << 8) | bytes[at + 8],
      };
    }
    at += 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (marker === startOfScan) at = endOfScan(bytes, at);
  }
  if (size === undefined) throw new Error('its header is damaged');
  return { ...size, isWhole };
}

/** Start of frame, but for DHT, JPG and DAC, which have numbers among them. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** Whether a segment with its length follows. */
function hasLength(marker: number): boolean {
  return marker >= 0xc0 && marker !== 0xff && !isRestart(marker) && marker !== 0xd8;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

/** Where the next marker stands behind the coded data that begins at `from`. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (
    let at = bytes.indexOf(0xff, from);
    at >= 0 && at + 1 < bytes.length;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    if (hasLength(bytes[at + 1])) return at;
  }
  return bytes.length;
}
