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
 * `most`, at least 1, ends the count. What is no JPEG, or damaged, has as many as are found before the damage.
 */
export function jpegScans(bytes: Uint8Array, most: number): number {
  let scans = 0;
  let components = 0;
  let progressive = false;
  for (const [marker, at] of segmentsOf(bytes)) {
    if (isFrame(marker)) {
      progressive = marker % 4 === 2;
      components = bytes[at + 9];
    }
    if (marker !== startOfScan) continue;
    scans++;
    // All that there is to a usual picture: decoders do not look behind its one scan.
    if (scans >= most || (!progressive && bytes[at + 4] >= components)) break;
  }
  return scans;
}

/** Notes of programs and people that a picture may have: EXIF, profiles, depth maps in pieces of 64 KiB. */
const mostNotes = 4096;

/**
 * Throws an `Error` with the bare reason if a JPEG has more notes (APPn, COM). Decoders keep them, and go through those that they have
 * for each one that comes: a million empty ones, four megabytes, would take an hour.
 */
export function checkSegments(bytes: Uint8Array): void {
  let notes = 0;
  for (const [marker] of segmentsOf(bytes)) {
    if ((marker & 0xf0) !== 0xe0 && marker !== comment) continue;
    if (++notes > mostNotes) throw new Error(`it has more than ${mostNotes} segments beside the picture`);
  }
}

/** Markers of segments that have a length, and where they stand, up to the end of the picture or the damage. */
function* segmentsOf(bytes: Uint8Array): Generator<readonly [marker: number, at: number]> {
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) {
      at++;
      continue;
    }
    const marker = bytes[at + 1];
    if (marker === endOfImage) return;
    if (!hasLength(marker)) {
      at += marker === 0xff ? 1 : 2;
      continue;
    }
    yield [marker, at];
    at += 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (marker === startOfScan) at = endOfScan(bytes, at);
  }
}

const comment = 0xfe;
const startOfScan = 0xda;
const endOfImage = 0xd9;

/** What the header of a JPEG says, without its pixels. */
export interface JpegFrame {
  /** As they are stored: EXIF may turn them. */
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** Of each channel, 16 × samples across + samples down, beside the others': 0x22, 0x11, 0x11 if colours have half the size. */
  readonly sampling: readonly number[];
  /** Whether the end of the picture is there: some decoders fill up with grey what is missing. */
  readonly isWhole: boolean;
}

/** Throws an `Error` with the bare reason if there is no frame. */
export function jpegFrame(bytes: Uint8Array): JpegFrame {
  let frame: Omit<JpegFrame, 'isWhole'> | undefined;
  let isWhole = false;
  for (let at = 2; at + 2 <= bytes.length;) {
    const marker = bytes[at] === 0xff ? bytes[at + 1] : 0;
    isWhole = marker === endOfImage;
    if (isWhole) break;
    if (!hasLength(marker)) {
      at++;
      continue;
    }
    if (isFrame(marker) && at + 10 <= bytes.length) {
      frame ??= {
        depth: bytes[at + 4],
        height: (bytes[at + 5] << 8) | bytes[at + 6],
        width: (bytes[at + 7] << 8) | bytes[at + 8],
        sampling: Array.from({ length: bytes[at + 9] }, (_, channel) => bytes[at + 11 + 3 * channel]),
      };
    }
    at += 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    if (marker === startOfScan) at = endOfScan(bytes, at);
  }
  if (frame === undefined) throw new Error('its header is damaged');
  return { ...frame, isWhole };
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
