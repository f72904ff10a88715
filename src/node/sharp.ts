import { createRequire } from 'node:module';
import type Sharp from 'sharp';
import { CardinalError } from '../base/errors.ts';
import { here } from './package-files.ts';

export type { Metadata } from 'sharp';

/**
 * sharp, which decodes and encodes pictures. It comes with a binary for each platform, as optional dependencies, which an
 * installation may have left out. So it is loaded here alone, when a picture is about to be decoded: what needs no pictures
 * works without.
 */
export function loadSharp(): typeof Sharp {
  const found = findSharp();
  if (found !== undefined) return found;
  throw new CardinalError(
    `pictures cannot be decoded: sharp's binary for ${process.platform}-${process.arch} is not installed; run npm install --include=optional sharp`,
  );
}

/** The same, or undefined where it cannot be loaded. */
export function findSharp(): typeof Sharp | undefined {
  sharp ??= load();
  return sharp === 'none' ? undefined : sharp;
}

/**
 * Leaves libvips no loaders but those of pictures, from when it is loaded: for a process that is Cardinal's own, the command line. It
 * holds for the whole process with its threads, so a program that uses sharp itself, for SVG say, is left as it is; what is decoded
 * for Cardinal is told by its bytes before libvips sees it anyway.
 */
export function keepToPictures(): void {
  pictureLoadersOnly = true;
}

let sharp: typeof Sharp | 'none' | undefined;
let pictureLoadersOnly = false;

function load(): typeof Sharp | 'none' {
  try {
    // Not `import`: a bundler would look into it, and its binary has to stay where it is.
    const loaded = createRequire(here)('sharp') as typeof Sharp;
    if (pictureLoadersOnly) {
      loaded.block({ operation: ['VipsForeignLoad'] });
      loaded.unblock({ operation: pictureLoaders.map((name) => `VipsForeignLoad${name}`) });
    }
    return loaded;
  } catch {
    return 'none';
  }
}

/** libvips' names. Ultra HDR is not among them, so that such a JPEG is read as the JPEG that it is. */
const pictureLoaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff', 'Jp2k', 'Jxl'];
