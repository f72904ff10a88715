import { address, word } from './simd';
import { loadPartial, storePartial } from './strip';

/**
 * Backward of batch norm with running statistics (and of the ReLU and residual fused with it), over M = N·H·W rows of C
 * channels: dz = dy where y > 0 (all of dy without ReLU), dx = γ/√(var + ε)·dz.
 *
 * dx, and dz as the residual's gradient; the slope γ/√(var + ε) is `batch_norm_scale`'s.
 * Arguments: 0 dy, 1 y or 0, 2 slope, 3 dx, 4 dresidual or 0, 5 M, 6 C, 7 rows a chunk.
 */
export function batch_norm_inference_backward(args: usize, chunk: i32): void {
  const channels = word(args, 6);
  const rowsPerChunk = word(args, 7);
  const pitch = <usize>channels << 2;
  const begin = <usize>(chunk * rowsPerChunk) * pitch;
  const rows = min(rowsPerChunk, word(args, 5) - chunk * rowsPerChunk);
  const masked = address(args, 1) != 0;
  const beside = address(args, 4) != 0;
  const slope = address(args, 2);
  let dy = address(args, 0) + begin;
  // Without ReLU dy stands in for y and the mask is all ones.
  let y = masked ? address(args, 1) + begin : dy;
  let dx = address(args, 3) + begin;
  let dresidual = address(args, 4) + begin;
  const all = masked ? i32x4.splat(0) : i32x4.splat(-1);
  const zero = f32x4.splat(0);
  const wide = <usize>(channels & ~3) << 2;
  const rest = channels & 3;
  for (let row = 0; row < rows; row++) {
    for (let c: usize = 0; c < wide; c += 16) {
      const dz = v128.and(v128.load(dy + c), v128.or(f32x4.gt(v128.load(y + c), zero), all));
      if (beside) v128.store(dresidual + c, dz);
      v128.store(dx + c, f32x4.mul(dz, v128.load(slope + c)));
    }
    if (rest) {
      const mask = v128.or(f32x4.gt(loadPartial(y + wide, rest), zero), all);
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
