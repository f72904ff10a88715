import type { Picture } from '../../data/dataset.ts';
import type { PictureInput } from '../../data/picture-forms.ts';
import { readBitmap, readersHere } from '../data/native.ts';
import { byCanvas, withoutAlpha } from '../data/read-pixels.ts';
import { fetchBlob } from './fetch-blob.ts';

/** A picture on its way from the page to its engine. */
export type SentPicture =
  | { readonly kind: 'blob'; readonly blob: Blob }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'url'; readonly url: string }
  /** What a page shows or draws; the engine closes it. */
  | { readonly kind: 'bitmap'; readonly bitmap: ImageBitmap }
  /** Rows of red, green, blue and alpha. */
  | {
      readonly kind: 'rgba';
      readonly data: Uint8ClampedArray;
      readonly width: number;
      readonly height: number;
    }
  /** Whatever else the page was given: the engine says what is wrong with it. */
  | { readonly kind: 'pixels'; readonly pixels: Picture };

/** The picture as the portable classifier takes it. */
export async function receiveSent(sent: SentPicture): Promise<PictureInput> {
  switch (sent.kind) {
    case 'blob':
      return sent.blob;
    case 'bytes':
      return sent.bytes;
    case 'url':
      return fetchBlob(sent.url, 'the picture');
    case 'bitmap':
      return pixelsOf(sent.bitmap);
    case 'rgba':
      return opaquePixels(sent);
    case 'pixels':
      return sent.pixels;
  }
}

async function pixelsOf(bitmap: ImageBitmap): Promise<Picture> {
  try {
    const { alpha, opaque } = await readersHere();
    return await readBitmap(bitmap, alpha ?? opaque ?? byCanvas);
  } finally {
    bitmap.close();
  }
}

/** What covers nothing counts as its colour, as in files with alpha. */
function opaquePixels({ data: rgba, width, height }: Extract<SentPicture, { kind: 'rgba' }>): Picture {
  const data = new Uint8Array(3 * width * height);
  withoutAlpha(rgba, data, 0);
  return { width, height, channels: 3, data };
}
