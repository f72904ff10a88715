import type { Picture } from '../dataset.ts';
import type { OwnFormat } from '../picture-format.ts';
import type { PictureLimits } from '../picture-limits.ts';
import { decodeBmp } from './bmp.ts';
import { decodePpm } from './ppm.ts';

/** Decodes a format that no platform's decoder reads. Throws an `Error` with the bare reason. */
export async function decodeOwn(
  bytes: Uint8Array,
  format: OwnFormat,
  limits: PictureLimits,
): Promise<Picture> {
  return decoders[format](bytes, limits);
}

const decoders: Readonly<
  Record<OwnFormat, (bytes: Uint8Array, limits: PictureLimits) => Picture | Promise<Picture>>
> = {
  bmp: decodeBmp,
  ppm: decodePpm,
};
