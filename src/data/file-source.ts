import { blobOf } from './file-content.ts';
import { defaultPictureLimits, mostFileBytes, type PictureLimits } from './picture-limits.ts';
import type { PicturePlatform } from './picture-platform.ts';
import type { FileSource, PictureSource } from './picture-source.ts';

/** What decoding a picture of a source may cost. */
export function limitsOf(source: PictureSource): PictureLimits {
  return (source.kind === 'files' ? source.limits : undefined) ?? defaultPictureLimits;
}

/** All bytes of a file, at most `most`. Throws any error if they cannot be had. */
export async function readPath(
  path: string,
  most: number,
  platform: Pick<PicturePlatform, 'readFile'>,
): Promise<Uint8Array> {
  if (path === '') throw new Error('its name is empty');
  return platform.readFile(path, most);
}

/** All bytes of the file of sample `index`. Throws any error if they cannot be had, or are more than its limits allow. */
export async function readFileOf(
  source: FileSource,
  index: number,
  platform: Pick<PicturePlatform, 'readFile'>,
): Promise<Uint8Array> {
  const most = mostFileBytes(limitsOf(source));
  const content = source.contents?.[index];
  if (content === undefined) return readPath(source.paths[index], most, platform);
  const blob = await blobOf(content);
  if (blob.size > most) throw new Error(`it has ${blob.size} bytes, at most ${most} are expected`);
  return new Uint8Array(await blob.arrayBuffer());
}

/** How many bytes it has. Throws any error if that cannot be known. */
export async function fileSizeOf(
  source: FileSource,
  index: number,
  platform: Pick<PicturePlatform, 'fileSize'>,
): Promise<number> {
  const content = source.contents?.[index];
  return content === undefined ? platform.fileSize(source.paths[index]) : (await blobOf(content)).size;
}
