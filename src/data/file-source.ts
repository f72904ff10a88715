import { blobOf } from './file-content.ts';
import { defaultPictureLimits, mostFileBytes, type PictureLimits } from './picture-limits.ts';
import type { PicturePlatform } from './picture-platform.ts';
import type { EncodedSource, PictureSource } from './picture-source.ts';
import { memberOf, memberPath } from './shards/members.ts';

/** Whether its pictures are decoded each by itself, rather than records of pixels. */
export function isEncoded(source: PictureSource): source is EncodedSource {
  return source.kind === 'files' || source.kind === 'shards';
}

/** How many pictures it has. */
export function countOf(source: PictureSource): number {
  if (source.kind === 'stream') return source.length;
  return source.kind === 'files' ? source.paths.length : source.rows.length;
}

/** What a person finds picture `index` by: a path, or one into an archive. */
export function pathOf(source: EncodedSource, index: number): string {
  return source.kind === 'files' ? source.paths[index] : memberPath(source, index);
}

/** What decoding a picture of a source may cost. */
export function limitsOf(source: PictureSource): PictureLimits {
  return (isEncoded(source) ? source.limits : undefined) ?? defaultPictureLimits;
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
  source: EncodedSource,
  index: number,
  platform: Pick<PicturePlatform, 'readFile' | 'readRange'>,
): Promise<Uint8Array> {
  const most = mostFileBytes(limitsOf(source));
  if (source.kind === 'shards') {
    const { file, offset, size } = memberOf(source, index);
    requireAtMost(size, most);
    return platform.readRange(file, offset, size);
  }
  const content = source.contents?.[index];
  if (content === undefined) return readPath(source.paths[index], most, platform);
  const blob = await blobOf(content);
  requireAtMost(blob.size, most);
  return new Uint8Array(await blob.arrayBuffer());
}

function requireAtMost(bytes: number, most: number): void {
  if (bytes > most) throw new Error(`it has ${bytes} bytes, at most ${most} are expected`);
}

/** How many bytes it has. Throws any error if that cannot be known. */
export async function fileSizeOf(
  source: EncodedSource,
  index: number,
  platform: Pick<PicturePlatform, 'fileSize'>,
): Promise<number> {
  if (source.kind === 'shards') return memberOf(source, index).size;
  const content = source.contents?.[index];
  return content === undefined ? platform.fileSize(source.paths[index]) : (await blobOf(content)).size;
}
