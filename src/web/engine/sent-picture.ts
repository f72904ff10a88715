import type { Picture } from '../../data/dataset.ts';
import type { PictureInput } from '../../data/picture-forms.ts';
import { CardinalError } from '../../base/errors.ts';
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
      return withoutAlpha(sent);
    case 'pixels':
      return sent.pixels;
  }
}

export function pixelsOf(bitmap: ImageBitmap): Picture {
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null)
      throw new CardinalError('cannot read the picture: the browser has no memory for it');
    context.drawImage(bitmap, 0, 0);
    return withoutAlpha(context.getImageData(0, 0, width, height));
  } finally {
    bitmap.close();
  }
}

/** What covers nothing counts as its colour, as in files with alpha. */
function withoutAlpha({
  data,
  width,
  height,
}: {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}): Picture {
  const pixels = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < pixels.length; from += 4, to += 3) {
    pixels[to] = data[from];
    pixels[to + 1] = data[from + 1];
    pixels[to + 2] = data[from + 2];
  }
  return { width, height, channels: 3, data: pixels };
}
