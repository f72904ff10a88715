import { described } from '../base/described.ts';
import { CardinalError } from '../base/errors.ts';
import type { Picture } from './dataset.ts';
import type { BlobLike } from './file-content.ts';

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

export function isUrl(value: unknown): value is URL {
  return value instanceof URL || tagOf(value) === 'URL';
}

/** By the tag, which holds for arrays of other realms, and of no other array. */
export function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && tagOf(value) === 'Uint8Array';
}

export function isArrayBuffer(value: unknown): value is ArrayBuffer | SharedArrayBuffer {
  const isOne = tagOf(value) === 'ArrayBuffer' || tagOf(value) === 'SharedArrayBuffer';
  return isOne && 'byteLength' in Object(value);
}

/** Node's `Readable`, which need not be there to be known: one of objects, pictures say, has the mode. */
export function isNodeStreamOfBytes(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'readableObjectMode' in value &&
    value.readableObjectMode === false
  );
}

export function isBlob(value: unknown): value is BlobLike {
  return value instanceof Blob || ['Blob', 'File'].includes(tagOf(value));
}

/** Anything that looks as if it was meant as raw pixels, so that its fault is named. */
export function isPixels(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'data' in value && 'width' in value;
}

export function isStream(value: unknown): value is ByteStream | AsyncIterable<unknown> {
  return isWebStream(value) || (typeof value === 'object' && value !== null && Symbol.asyncIterator in value);
}

export function isWebStream(value: unknown): value is ByteStream {
  return (
    typeof value === 'object' &&
    value !== null &&
    'getReader' in value &&
    typeof value.getReader === 'function'
  );
}

/** Throws a `CardinalError` for what is one picture, whose bytes or letters could be iterated over too, and for what is none. */
export function severalPictures<Several extends object>(images: Several): Several {
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

/** The tag by which the web's objects say what they are, of whatever realm. */
export function tagOf(value: unknown): string {
  const tag: unknown =
    typeof value === 'object' && value !== null && Symbol.toStringTag in value
      ? value[Symbol.toStringTag]
      : undefined;
  return typeof tag === 'string' ? tag : '';
}
