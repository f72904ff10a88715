import { BatchNormInferenceBackwardArgs } from './args.generated';
import { activationHasRest, activePart } from './activation';
import { loadPartial, storePartial } from './strip';

/**
 * Backward of batch norm with running statistics (and of the activation and residual fused with it), over M = N·H·W rows of C
 * channels: dz = dy where the activation lets it through (all of dy without one), dx = γ/√(var + ε)·dz. Bound by memory.
 *
 * dx, and dz as the residual's gradient; the slope γ/√(var + ε) is `batch_norm_scale`'s.
 */
export function batch_norm_inference_backward(args: BatchNormInferenceBackwardArgs, chunk: i32): void {
  if (activationHasRest(args.activation)) apply(args, chunk, true);
  else apply(args, chunk, false);
}

/** `capped`, a constant, tells whether the activation is ReLU6. */
// @ts-ignore: decorator
@inline
function apply(args: BatchNormInferenceBackwardArgs, chunk: i32, capped: bool): void {
  const channels = args.channels;
  const rowsPerChunk = args.rowsPerChunk;
  const pitch = <usize>channels << 2;
  const begin = <usize>(chunk * rowsPerChunk) * pitch;
  const rows = min(rowsPerChunk, args.rows - chunk * rowsPerChunk);
  const masked = args.y != 0;
  const beside = args.dresidual != 0;
  const slope = args.slope;
  let dy = args.dy + begin;
  // Without ReLU dy stands in for y and the mask is all ones.
  let y = masked ? args.y + begin : dy;
  let dx = args.dx + begin;
  let dresidual = args.dresidual + begin;
  const all = masked ? i32x4.splat(0) : i32x4.splat(-1);
  const wide = <usize>(channels & ~3) << 2;
  const rest = channels & 3;
  for (let row = 0; row < rows; row++) {
    for (let c: usize = 0; c < wide; c += 16) {
      const dz = v128.and(v128.load(dy + c), v128.or(activePart(v128.load(y + c), capped), all));
      if (beside) v128.store(dresidual + c, dz);
      v128.store(dx + c, f32x4.mul(dz, v128.load(slope + c)));
    }
    if (rest) {
      const mask = v128.or(activePart(loadPartial(y + wide, rest), capped), all);
      const dz = v128.and(loadPartial(dy + wide, rest), mask);
      if (beside) storePartial(dresidual + wide, dz, rest);
      storePartial(dx + wide, f32x4.mul(dz, loadPartial(slope + wide, rest)), rest);
    }
    dy += pitch;
    y += pitch;
    dx += pitch;
    dresidual += pitch;
  }
}
