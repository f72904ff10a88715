import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const pictures = fileURLToPath(new URL('../../../data/fashion-mnist-sample', import.meta.url));

/** The folder of a run on these pictures that comes with the package as well. */
export const bundledRun = fileURLToPath(new URL('../../../data/fashion-mnist-run', import.meta.url));

/**
 * The folder of the 6,000 + 1,000 pictures of Fashion-MNIST that come with the package; relative to the current folder if it is
 * inside.
 */
export function bundledPictures(): string {
  const near = relative(process.cwd(), pictures);
  return near.startsWith('..') ? pictures : near;
}
