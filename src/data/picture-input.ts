import { described, isDetached } from '../base/described.ts';
import { CardinalError, messageOf } from '../base/errors.ts';
import { shortened } from '../base/quoted.ts';
import { orAborted } from '../base/until-aborted.ts';
import type { Picture } from './dataset.ts';
import type { BlobLike } from './file-content.ts';
import { requirePicture } from './picture.ts';
import { mostFileBytes, type PictureLimits } from './picture-limits.ts';
import type { PicturePlatform } from './picture-platform.ts';

/**
 * A picture file, or what one holds: a path, a `file:` URL, bytes, a `Blob` or `File`, or a stream of bytes (Node's, the
 * web's, any async iterable). A stream is read to its end.
 */
export type EncodedPicture =
  | string
  | URL
  | Uint8Array
  | ArrayBuffer
  | SharedArrayBuffer
  | BlobLike
  | ByteStream
  | AsyncIterable<unknown>;

/** A picture in any form that is accepted: encoded, or raw pixels. */
export type PictureInput = EncodedPicture | Picture;

/** Several pictures: an iterable or an async one. A string, although iterable, is one picture. */
export type PictureInputs = (Iterable<PictureInput> & object) | AsyncIterable<PictureInput>;

/** What is asked of the web's `ReadableStream`. */
export interface ByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
    cancel?(): Promise<void>;
    releaseLock?(): void;
  };
}

/** A picture of which nothing has to be waited for any more but the disk. */
export type ReceivedPicture =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly name: string | undefined }
  | { readonly kind: 'pixels'; readonly picture: Picture };

/** A stream that does not end must not fill the memory: more is not taken in, whatever `maxPixels` is. */
const largestReceived = 2 ** 30;

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

/** Throws a `CardinalError` for what is one picture, whose bytes or letters could be iterated over too, and for what is none. */
export function severalPictures(images: PictureInputs): PictureInputs {
  const value: unknown = images;
  const isIterable =
    typeof value === 'object' &&
    value !== null &&
    (Symbol.iterator in value || Symbol.asyncIterator in value);
  const isOne =
    ArrayBuffer.isView(value) ||
    isBlob(value) ||
    isPixels(value) ||
    isWebStream(value) ||
    isNodeStreamOfBytes(value);
  if (isIterable && !isOne) return images;
  throw new CardinalError(
    `cannot read the pictures: expected a list of them, got ${isOne ? 'one' : described(value)}; classify takes one`,
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

function isUrl(value: unknown): value is URL {
  return value instanceof URL || tagOf(value) === 'URL';
}

/** By the tag, which holds for arrays of other realms, and of no other array. */
function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && tagOf(value) === 'Uint8Array';
}

function isArrayBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  const isOne = tagOf(value) === 'ArrayBuffer' || tagOf(value) === 'SharedArrayBuffer';
  return isOne && 'byteLength' in Object(value);
}

/** Node's `Readable`, which need not be there to be known: one of objects, pictures say, has the mode. */
function isNodeStreamOfBytes(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'readableObjectMode' in value &&
    value.readableObjectMode === false
  );
}

function isBlob(value: unknown): value is BlobLike {
  return value instanceof Blob || ['Blob', 'File'].includes(tagOf(value));
}

/** Anything that looks as if it was meant as raw pixels, so that its fault is named. */
function isPixels(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'data' in value && 'width' in value;
}

function isStream(value: unknown): value is ByteStream | AsyncIterable<unknown> {
  return isWebStream(value) || (typeof value === 'object' && value !== null && Symbol.asyncIterator in value);
}

function isWebStream(value: unknown): value is ByteStream {
  return (
    typeof value === 'object' &&
    value !== null &&
    'getReader' in value &&
    typeof value.getReader === 'function'
  );
}

/** What comes of a stream, and how its sender is told that no more is wanted, which must not wait for what comes next. */
interface Chunks {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  end(): void;
  cancel(): void;
}

function chunksOf(stream: ByteStream | AsyncIterable<unknown>): Chunks {
  if (isWebStream(stream)) {
    const reader = stream.getReader();
    return {
      next: () => reader.read(),
      end: () => reader.releaseLock?.(),
      cancel: () => void reader.cancel?.().catch(() => undefined),
    };
  }
  const iterator = stream[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    end: () => undefined,
    cancel: () => {
      // Node's stream, which would wait for its next part otherwise.
      const nodes = stream as { destroy?(): unknown };
      if (typeof nodes.destroy === 'function') nodes.destroy();
      else void iterator.return?.().catch(() => undefined);
    },
  };
}

async function gather(
  stream: ByteStream | AsyncIterable<unknown>,
  limits: PictureLimits,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let chunks: Chunks | undefined;
  try {
    chunks = chunksOf(stream);
    for (;;) {
      const { done, value: chunk } = await orAborted(chunks.next(), signal);
      if (done === true) break;
      if (!isUint8Array(chunk)) {
        throw new Error(`expected a stream of bytes, got ${described(chunk)} in it`);
      }
      length += chunk.length;
      requireSize(length, limits);
      // A copy: a stream may fill the same memory again.
      parts.push(new Uint8Array(chunk));
    }
    chunks.end();
  } catch (error) {
    chunks?.cancel();
    unreadable(error);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function requireSize(bytes: number, limits: PictureLimits): void {
  const most = Math.min(largestReceived, mostFileBytes(limits));
  if (bytes > most) {
    throw new CardinalError(
      `cannot read the picture: it has more than ${most} bytes, the most that a picture of maxPixels, ${limits.maxPixels}, is expected to have`,
    );
  }
}

function unreadable(error: unknown, name?: string): never {
  if (error instanceof CardinalError) throw error;
  throw new CardinalError(`${cannotRead(name)}: ${shortened(messageOf(error), 500)}`, { cause: error });
}

/** How every error about a picture begins. */
export function cannotRead(name: string | undefined): string {
  return `cannot read the picture${name === undefined || name === '' ? '' : ` ${shortened(name, 300)}`}`;
}

function tagOf(value: unknown): string {
  const tag: unknown =
    typeof value === 'object' && value !== null && Symbol.toStringTag in value
      ? value[Symbol.toStringTag]
      : undefined;
  return typeof tag === 'string' ? tag : '';
}
