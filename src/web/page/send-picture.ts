import { described, isDetached } from '../../base/described.ts';
import { CardinalError, messageOf } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { gather } from '../../data/gather.ts';
import type { BlobLike } from '../../data/file-content.ts';
import {
  isArrayBuffer,
  isBlob,
  isPixels,
  isStream,
  isUint8Array,
  isUrl,
  tagOf,
  type ByteStream,
} from '../../data/picture-forms.ts';
import type { PictureLimits } from '../../data/picture-limits.ts';
import type { Picture } from '../../data/dataset.ts';
import type { SentPicture } from '../engine/sent-picture.ts';
import { pageUrl } from '../scripts.ts';

/** What is asked of what a page shows: `<img>`, `<canvas>`, `<video>`. */
export interface ElementLike {
  readonly nodeName: string;
  readonly width: number;
  readonly height: number;
}

/** What is asked of an `ImageBitmap`, an `OffscreenCanvas`. */
export interface BitmapLike {
  readonly width: number;
  readonly height: number;
}

/** What is asked of a `VideoFrame`. */
export interface FrameLike {
  readonly codedWidth: number;
  readonly codedHeight: number;
}

/** What is asked of an `ImageData`. */
export interface ImageDataLike {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

/**
 * A picture in any form that a page has: a `File` or `Blob`, bytes or a stream of them, a URL (relative to the page), an `<img>`, `<canvas>`
 * or `<video>`, an `OffscreenCanvas`, an `ImageBitmap`, a `VideoFrame`, an `ImageData`, or raw pixels of 1 or 3 channels.
 */
export type WebPictureInput =
  | string
  | URL
  | BlobLike
  | Uint8Array
  | ArrayBuffer
  | SharedArrayBuffer
  | ByteStream
  | AsyncIterable<unknown>
  | ElementLike
  | BitmapLike
  | FrameLike
  | ImageDataLike
  | Picture;

const accepted =
  'a File or Blob, bytes, a URL, an image, canvas or video of the page, an ImageBitmap, a VideoFrame, an ImageData, or raw pixels { data, width, height, channels }';

/** The tags of what a browser makes a bitmap of. */
const drawable = [
  'HTMLImageElement',
  'SVGImageElement',
  'HTMLCanvasElement',
  'HTMLVideoElement',
  'ImageBitmap',
  'OffscreenCanvas',
  'VideoFrame',
];

/** A picture that can be posted, and what of it moves. */
interface Parcel {
  readonly sent: SentPicture;
  readonly transfer?: readonly Transferable[];
}

/**
 * Makes what can be sent to the engine of a picture. What the caller has it keeps: only copies move. Throws a `CardinalError` for what is no
 * picture; with the reason of `signal` if it is aborted before a stream has ended.
 */
export async function parcelOf(input: unknown, limits: PictureLimits, signal: AbortSignal): Promise<Parcel> {
  if (typeof input === 'string' || isUrl(input)) return { sent: { kind: 'url', url: addressOf(input) } };
  if (isDetached(input)) throw new CardinalError(`cannot read the picture: got ${described(input)}`);
  if (isUint8Array(input)) return bytesIn(new Uint8Array(input));
  if (isArrayBuffer(input)) return bytesIn(new Uint8Array(input).slice());
  // Known by its tag; a copy of a Blob is another name for the same bytes.
  if (isBlob(input)) return { sent: { kind: 'blob', blob: input as unknown as Blob } };
  const tag = tagOf(input);
  if (drawable.includes(tag)) return bitmapOf(input as ImageBitmapSource);
  if (isStream(input)) return bytesIn(await gather(input, limits, signal));
  if (tag === 'ImageData') return rgbaOf(input as ImageData);
  if (isPixels(input)) return { sent: { kind: 'pixels', pixels: input as Picture } };
  throw new CardinalError(
    `cannot read the picture: expected ${accepted}, got ${described(input)}${Array.isArray(input) ? '; classifyMany takes several' : ''}`,
  );
}

function addressOf(text: string | URL): string {
  if (URL.canParse(text, pageUrl())) return new URL(text, pageUrl()).href;
  throw new CardinalError(`cannot read the picture: expected a URL, got ${described(String(text))}`);
}

/** Bytes that are copied before the page may draw: a canvas of a camera has 50 MB. */
const slice = 2 ** 23;

/** A copy of bytes, whose memory moves. */
function bytesIn(bytes: Uint8Array<ArrayBuffer>): Parcel {
  return { sent: { kind: 'bytes', bytes }, transfer: [bytes.buffer] };
}

async function bitmapOf(source: ImageBitmapSource): Promise<Parcel> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  } catch (error) {
    throw new CardinalError(
      `cannot read the picture: the browser gives none of ${described(source)}, which may not be loaded, or be empty (${messageOf(error)})`,
      { cause: error },
    );
  }
  if (!isForeign(bitmap)) return { sent: { kind: 'bitmap', bitmap }, transfer: [bitmap] };
  bitmap.close();
  throw new CardinalError(
    `cannot read the picture: ${described(source)} shows what came from another origin: load that with crossorigin="anonymous", from a server that allows it`,
  );
}

/** Whether it shows what the page may not read, nor send to a worker. */
function isForeign(bitmap: ImageBitmap): boolean {
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  try {
    context?.drawImage(bitmap, 0, 0, 1, 1, 0, 0, 1, 1);
    context?.getImageData(0, 0, 1, 1);
    return false;
  } catch {
    return true;
  }
}

async function rgbaOf({ data, width, height }: ImageData): Promise<Parcel> {
  // It may have numbers of other kinds, too.
  if (data instanceof Uint8ClampedArray) {
    const copy = new Uint8ClampedArray(data.length);
    for (let at = 0; at < data.length; at += slice) {
      if (at > 0) await nextTask();
      copy.set(data.subarray(at, at + slice), at);
    }
    return { sent: { kind: 'rgba', data: copy, width, height }, transfer: [copy.buffer] };
  }
  throw new CardinalError(`cannot read the picture: expected an ImageData of bytes, got ${described(data)}`);
}
