import { DropPathArgs } from './args.generated';
import { hash } from './hash';

/** y = x / (1 − p) where the hash of the picture's number is at least p·2³², else 0. A chunk is a piece of a picture. Bound by memory. */
export function drop_path(args: DropPathArgs, chunk: i32): void {
  const picture = chunk / args.chunksPerPicture;
  const begin = (chunk % args.chunksPerPicture) * args.perChunk;
  const count = min(args.perChunk, args.perPicture - begin);
  const shift = (<usize>picture * <usize>args.perPicture + <usize>begin) << 2;
  const x = args.x + shift;
  const y = args.y + shift;
  const key = hash(<i32>load<f32>(args.seed) ^ args.stream) + args.offset;
  const kept = <u32>hash(key + picture) >= <u32>args.threshold && args.keeps != 0;
  const end = <usize>count << 2;
  if (!kept) {
    memory.fill(y, 0, end);
    return;
  }
  const wide = end & ~15;
  const scale = f32x4.splat(args.scale);
  let i: usize = 0;
  for (; i < wide; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), scale));
  for (; i < end; i += 4) store<f32>(y + i, load<f32>(x + i) * args.scale);
}
