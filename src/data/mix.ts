import type { Rng } from '../base/rng.ts';
import type { Mix } from './preprocessing.ts';

/** The part of a batch that is mixed: `size` pictures of `height`×`width`×`channels` and their N×`classes` targets. */
export interface MixableBatch {
  readonly size: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classes: number;
  readonly input: Float32Array;
  readonly target: Float32Array;
}

/** Mixes a batch in place as `mix` says, or leaves it alone; what happens is drawn from `rng`. */
export function mixBatch(batch: MixableBatch, mix: Mix, rng: Rng): void {
  if (mix.mixup === 0 && mix.cutmix === 0) return;
  if (rng.float() >= mix.probability) return;
  const cut = mix.mixup === 0 || (mix.cutmix > 0 && rng.float() < mix.cutmixShare);
  if (cut) cutmix(batch, rng.beta(mix.cutmix, mix.cutmix), rng);
  else mixup(batch, rng.beta(mix.mixup, mix.mixup));
}

/**
 * x ← λ·x + (1 − λ)·partner, targets alike (Zhang et al. 2018). The partner is the batch rolled by one, as in
 * torchvision's reference training.
 */
export function mixup({ size, input, target, ...shape }: MixableBatch, lambda: number): void {
  const pictureSize = shape.height * shape.width * shape.channels;
  withPartners(size, pictureSize, input, (own, partner) => {
    for (let i = 0; i < own.length; i++) own[i] = lambda * own[i] + (1 - lambda) * partner[i];
  });
  mixTargets(size, shape.classes, target, lambda);
}

/**
 * Pastes a box of the partner, of 1 − λ of the area and centred anywhere, over each picture; the targets are mixed by the
 * area that the box really has after it was clipped to the picture (Yun et al. 2019, algorithm 1).
 *
 * @returns λ after that correction
 */
export function cutmix(batch: MixableBatch, lambda: number, rng: Rng): number {
  const { size, height, width, channels, classes, input, target } = batch;
  const centerX = rng.int(width);
  const centerY = rng.int(height);
  const ratio = 0.5 * Math.sqrt(1 - lambda);
  const halfWidth = Math.trunc(ratio * width);
  const halfHeight = Math.trunc(ratio * height);
  const left = Math.max(0, centerX - halfWidth);
  const right = Math.min(width, centerX + halfWidth);
  const top = Math.max(0, centerY - halfHeight);
  const bottom = Math.min(height, centerY + halfHeight);

  withPartners(size, height * width * channels, input, (own, partner) => {
    for (let y = top; y < bottom; y++) {
      const from = (y * width + left) * channels;
      const to = (y * width + right) * channels;
      own.set(partner.subarray(from, to), from);
    }
  });
  const corrected = 1 - ((right - left) * (bottom - top)) / (height * width);
  mixTargets(size, classes, target, corrected);
  return corrected;
}

function mixTargets(size: number, classes: number, target: Float32Array, lambda: number): void {
  withPartners(size, classes, target, (own, partner) => {
    for (let k = 0; k < classes; k++) own[k] = lambda * own[k] + (1 - lambda) * partner[k];
  });
}

/** Calls `combine` with each row and the (still unmixed) row before it; the first row's partner is the last. */
function withPartners(
  rows: number,
  rowSize: number,
  values: Float32Array,
  combine: (own: Float32Array, partner: Float32Array) => void,
): void {
  if (rows === 0) return;
  const row = (n: number): Float32Array => values.subarray(n * rowSize, (n + 1) * rowSize);
  const last = row(rows - 1).slice();
  for (let n = rows - 1; n > 0; n--) combine(row(n), row(n - 1));
  combine(row(0), last);
}
