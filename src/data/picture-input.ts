import { described, isDetached } from '../base/described.ts';
import { CardinalError } from '../base/errors.ts';
import type { Picture } from './dataset.ts';
import { cannotRead, gather, requireSize, unreadable } from './gather.ts';
import { requirePicture } from './picture.ts';
import { isArrayBuffer, isBlob, isPixels, isStream, isUint8Array, isUrl, tagOf } from './picture-forms.ts';
import type { PictureLimits } from './picture-limits.ts';
import type { PicturePlatform } from './picture-platform.ts';

/** A picture of which nothing has to be waited for any more but the disk. */
export type ReceivedPicture =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly name: string | undefined }
  | { readonly kind: 'pixels'; readonly picture: Picture };

const accepted =
  'a path, a file: URL, bytes (Buffer, Uint8Array, ArrayBuffer), a Blob, a stream of bytes, or raw pixels { data, width, height, channels }';

/**
 * Tells what a picture comes as, and reads streams and blobs to their end. Bytes are not copied: they may not change before
 * the picture is decoded. Throws a `CardinalError` of one line for anything that is no picture, whatever types say: a
 * JavaScript caller's mistake must not become an answer. With the reason of `signal`, if it is aborted before a stream has ended.
 */
export async function receivePicture(
  input: unknown,
  limits: PictureLimits,
  platform: Pick<PicturePlatform, 'pathOf'>,
  signal?: AbortSignal,
): Promise<ReceivedPicture> {
  if (typeof input === 'string') return { kind: 'file', path: pathOf(input, platform) };
  if (isUrl(input)) return { kind: 'file', path: pathOf(input.href, platform) };
  if (isDetached(input)) throw new CardinalError(`cannot read the picture: got ${described(input)}`);
  if (isUint8Array(input)) return bytesNamed(input);
  if (isArrayBuffer(input)) return bytesNamed(new Uint8Array(input));
  if (isBlob(input)) {
    requireSize(input.size, limits);
    const bytes = await input.arrayBuffer().catch(unreadable);
    return bytesNamed(new Uint8Array(bytes), 'name' in input ? String(input.name) : undefined);
  }
  if (isStream(input)) return bytesNamed(await gather(input, limits, signal));
  if (isPixels(input)) return { kind: 'pixels', picture: requirePicture(input) };
  throw new CardinalError(
    `cannot read the picture: expected ${accepted}, got ${described(input)}${Array.isArray(input) ? '; classifyMany takes several' : ''}`,
  );
}

/** The decoder may have neither memory that is shared with other threads nor arrays of another realm (Jest's): copies of them. */
function bytesNamed(bytes: Uint8Array, name?: string): ReceivedPicture {
  const isOwn = bytes instanceof Uint8Array && tagOf(bytes.buffer) !== 'SharedArrayBuffer';
  return { kind: 'bytes', bytes: isOwn ? bytes : new Uint8Array(bytes), name };
}

/** Strings are paths, but for those that cannot have been meant as one. A scheme of one letter is a drive of Windows. */
function pathOf(text: string, platform: Pick<PicturePlatform, 'pathOf'>): string {
  if (/^file:\/\//i.test(text)) {
    try {
      return platform.pathOf(text);
    } catch (error) {
      unreadable(error, text);
    }
  }
  const fault = /^data:\w+\/[^,]*,/i.test(text)
    ? "a data: URL; give its bytes: Buffer.from(url.split(',')[1], 'base64')"
    : /^([a-z][a-z\d+.-]+:\/\/|blob:)/i.test(text)
      ? 'an address; download it and give the bytes'
      : undefined;
  if (fault !== undefined) {
    throw new CardinalError(`${cannotRead(text)}: expected a path or a file: URL, got ${fault}`);
  }
  return text;
}
