import { messageOf, ShortageError } from '../../base/errors.ts';
import type { Picture } from '../../data/dataset.ts';
import type * as script from '../jpeg.ts';
import { loadOnDemand } from '../on-demand.ts';
import type { Scripts } from '../scripts.ts';
import { withoutAlpha } from './read-pixels.ts';

/** Decodes by WebAssembly, which is loaded at the first picture. */
export function jpegDecoder(urls: Scripts['jpeg']): (bytes: Uint8Array) => Promise<Picture> {
  let opened: ReturnType<typeof script.openJpegDecoder> | undefined;
  return async (bytes) => {
    opened ??= open(urls).catch((error: unknown) => {
      // The network may be back for the next one.
      opened = undefined;
      throw error;
    });
    const decode = await opened;
    const {
      width,
      height,
      data: rgba,
    } = await decode(bytes as Uint8Array<ArrayBuffer>).catch((error: unknown) => {
      // The decoder's own errors are C++'s, whose words stay there.
      throw new Error('it is damaged, or of a kind that is not supported', { cause: error });
    });
    const data = new Uint8Array(3 * width * height);
    withoutAlpha(rgba, data, 0);
    return { width, height, channels: 3, data };
  };
}

async function open({ script: url, wasm }: Scripts['jpeg']): ReturnType<typeof script.openJpegDecoder> {
  try {
    const { openJpegDecoder } = (await loadOnDemand(url)) as typeof script;
    return await openJpegDecoder(wasm);
  } catch (error) {
    // No fault of the picture.
    throw new ShortageError(
      `this browser's own JPEG decoder is not exact, and another one cannot be loaded: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
