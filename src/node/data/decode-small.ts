import { inflateSync } from 'node:zlib';

import type { Picture } from '../../data/dataset.ts';
import { jpegFrame, jpegScans } from '../../data/formats/jpeg-scans.ts';
import { decodePngAtOnce } from '../../data/formats/png.ts';
import { pngSize } from '../../data/formats/png-size.ts';
import type { OptionalFormatName, PictureFormatName } from '../../data/picture-format.ts';
import type { PictureLimits } from '../../data/picture-limits.ts';
import { openLibjpeg } from './libjpeg.ts';

/** Pixels of a small picture, and bytes of its file: it is decoded in some milliseconds at most. */
const mostPixels = 2 ** 18;
const mostBytes = 2 ** 20;
/** How channels of a JPEG may be sampled: libjpeg-turbo, which sharp has, smooths others in another way. */
const samplings: readonly string[] = [[0x11], [0x11, 0x11, 0x11], [0x21, 0x11, 0x11], [0x22, 0x11, 0x11]].map(
  String,
);
/** Scans of a JPEG, which a decoder goes over one after the other: progressive ones have ten. */
const mostScans = 16;

/** The size of a JPEG or a PNG as it is stored, by its header; undefined for all others, and for what has no header. */
export function storedSize(
  bytes: Uint8Array,
  format: PictureFormatName | OptionalFormatName,
): { readonly width: number; readonly height: number } | undefined {
  try {
    if (format === 'jpeg') return jpegFrame(bytes);
    return format === 'png' ? pngSize(bytes) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Decodes a small JPEG or PNG in the calling thread, to the bytes that sharp gives: what it takes sharp to set up its pipeline, and libuv to
 * hand it on and back, is ten times as long as decoding an icon. Undefined for all that is not small, not quite whole, or unusual: sharp
 * says what is wrong with it.
 */
export async function decodeSmall(
  bytes: Uint8Array,
  format: PictureFormatName | OptionalFormatName,
  limits: PictureLimits,
): Promise<Picture | undefined> {
  if (bytes.length > mostBytes) return undefined;
  const { width = 0, height = 0 } = storedSize(bytes, format) ?? {};
  const pixels = width * height;
  if (pixels === 0 || pixels > Math.min(mostPixels, limits.maxPixels)) return undefined;
  if (format === 'png') return smallPng(bytes, limits);
  return smallJpeg(bytes, pixels);
}

const pngEnd = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);

function smallPng(bytes: Uint8Array, limits: PictureLimits): Picture | undefined {
  if (Buffer.compare(bytes.subarray(-pngEnd.length), pngEnd) !== 0) return undefined;
  try {
    return decodePngAtOnce(bytes, limits, (parts, most) =>
      inflateSync(parts.length === 1 ? parts[0] : Buffer.concat(parts), { maxOutputLength: most }),
    );
  } catch {
    return undefined;
  }
}

async function smallJpeg(bytes: Uint8Array, pixels: number): Promise<Picture | undefined> {
  const { sampling, depth, isWhole } = jpegFrame(bytes);
  if (!isWhole || depth !== 8 || !samplings.includes(String(sampling))) return undefined;
  if (jpegScans(bytes, mostScans + 1) > mostScans) return undefined;
  const libjpeg = await openLibjpeg();
  const decoded = libjpeg?.decode(bytes);
  if (decoded === undefined || decoded.width * decoded.height !== pixels) return undefined;
  return decoded;
}
