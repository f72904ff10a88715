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

let sharp: typeof Sharp | 'none' | undefined;

function load(): typeof Sharp | 'none' {
  try {
    // Not `import`: a bundler would look into it, and its binary has to stay where it is.
    return createRequire(here)('sharp') as typeof Sharp;
  } catch {
    return 'none';
  }
}
