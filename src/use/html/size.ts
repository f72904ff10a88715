import { CardinalError } from '../../base/errors.ts';
import { mebibytes } from '../../base/mebibytes.ts';
import type { Module } from '../../nn/module.ts';

/** Bytes of weights that a classifier's HTML file may have. */
export const mostHtmlWeights = 512 * 2 ** 20;

/** Bytes of scripts and kernels in it, zipped: about, since a network takes the small or the complete ones. */
const scriptBytes = 300_000;

/** Bytes of a network's tensors. */
export function weightBytes(model: Module): number {
  let bytes = 0;
  for (const { data } of model.stateDict().values()) bytes += data.byteLength;
  return bytes;
}

/** Bytes of a classifier's HTML file, about: base64 has 4 letters for 3 bytes. */
export function htmlSize(weights: number): number {
  return Math.round((4 / 3) * (weights + scriptBytes));
}

/** Throws a `CardinalError` if the weights are more than a page takes. */
export function requireHtmlSize(network: string, weights: number): void {
  if (weights <= mostHtmlWeights) return;
  throw new CardinalError(
    `${network} has ${mebibytes(weights)} of weights, a page takes ${mebibytes(mostHtmlWeights)}: serve it (cardinal serve), or export a smaller network`,
  );
}
