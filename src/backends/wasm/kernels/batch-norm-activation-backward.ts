import { BatchNormActivationSumsArgs } from './args.generated';
import { slope_rows } from './activations';
import { tileSums } from './batch-norm-backward';
import { madd } from './simd';
import { loadPartial, storePartial } from './strip';

/**
 * Backward of batch norm and of an activation behind it whose slope comes from what it was applied to, z = scale·(x − mean) + shift as
 * `batch_norm_apply` has it: dz = f′(z)·dy, and then the sums of `batch_norm_backward_sums` of that, of a tile of rows × channels. z and dz
 * take the same room and stay in the second-level cache meanwhile.
 *
 * Bound by the arithmetic of slopes (activations.ts).
 */
export function batch_norm_activation_sums(args: BatchNormActivationSumsArgs, chunk: i32): void {
  const channels = args.channels;
  const rowsPerTile = args.rowsPerTile;
  const channelTiles = args.channelTiles;
  const rowTile = chunk / channelTiles;
  const first = (chunk % channelTiles) * args.channelsPerTile;
  const width = min(args.channelsPerTile, channels - first);
  const rows = min(rowsPerTile, args.rows - rowTile * rowsPerTile);
  const pitch = <usize>channels << 2;
  const offset = <usize>first << 2;
  const begin = <usize>(rowTile * rowsPerTile) * pitch + offset;
  const mean = args.mean + offset;
  const scale = args.scale + offset;
  const shift = args.shift + offset;
  const wide = <usize>(width & ~3) << 2;
  const paired = wide & ~31;
  const rest = width & 3;
  let x = args.x + begin;
  let z = args.dz + begin;
  for (let row = 0; row < rows; row++, x += pitch, z += pitch) {
    let c: usize = 0;
    for (; c < paired; c += 32) {
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      const e = f32x4.sub(v128.load(x + c, 16), v128.load(mean + c, 16));
      const v = madd(d, v128.load(scale + c), v128.load(shift + c));
      const w = madd(e, v128.load(scale + c, 16), v128.load(shift + c, 16));
      v128.store(z + c, w, 16);
      v128.store(z + c, v);
    }
    for (; c < wide; c += 16) {
      const d = f32x4.sub(v128.load(x + c), v128.load(mean + c));
      v128.store(z + c, madd(d, v128.load(scale + c), v128.load(shift + c)));
    }
    if (rest) {
      const d = f32x4.sub(loadPartial(x + wide, rest), loadPartial(mean + wide, rest));
      storePartial(z + wide, madd(d, loadPartial(scale + wide, rest), loadPartial(shift + wide, rest)), rest);
    }
  }
  slope_rows(args.dy + begin, args.dz + begin, rows, width, pitch, args.activation);
  tileSums(args, args.dz, chunk, false);
}
