import { orientationOf } from './exif.ts';

/** What the header of a WebP file says, without its pixels. */
export interface WebpHeader {
  /** As they are stored: EXIF may turn them, which decoders of browsers leave to others. */
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
  readonly hasAlpha: boolean;
}

/** Throws an `Error` with the bare reason if it is damaged or truncated. */
export function webpHeader(bytes: Uint8Array): WebpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 30 || 8 + view.getUint32(4, true) > bytes.length)
    throw new Error('it is truncated or damaged');
  const sides: (readonly [width: number, height: number])[] = [];
  let hasAlpha = false;
  let orientation = 1;
  for (let at = 12; at + 18 <= bytes.length;) {
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const data = at + 8;
    if (type === 'VP8X') {
      hasAlpha = (bytes[data] & 0x10) !== 0;
      sides.push([1 + uint24(bytes, data + 4), 1 + uint24(bytes, data + 7)]);
    } else if (type === 'VP8 ') {
      sides.push([view.getUint16(data + 6, true) & 0x3fff, view.getUint16(data + 8, true) & 0x3fff]);
    } else if (type === 'VP8L') {
      const flags = view.getUint32(data + 1, true);
      hasAlpha ||= (flags & (2 ** 28)) !== 0;
      sides.push([1 + (flags & 0x3fff), 1 + ((flags >> 14) & 0x3fff)]);
    } else if (type === 'EXIF') {
      orientation = orientationOf(bytes.subarray(data, data + length));
    }
    at = data + length + (length & 1);
  }
  if (sides.length === 0) throw new Error('its header is damaged');
  const [width, height] = sides[0];
  // Decoders take memory for the picture, whatever stands around it.
  if (sides.some(([w, h]) => w > width || h > height)) throw new Error('its header is damaged');
  return { width, height, orientation, hasAlpha };
}

function uint24(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
}
