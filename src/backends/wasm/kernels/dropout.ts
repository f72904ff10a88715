import { DropoutArgs } from './args.generated';
import { hash, hash4 } from './hash';

/**
 * y = x / (1 − p) where the hash of the element's number in PyTorch's order (N, C, H, W) is at least p·2³², else 0.
 * A chunk is some pixels (rows of a matrix: one pixel a picture). Hashes are computed four at a time; what bounds
 * it was not measured.
 */
export function dropout(args: DropoutArgs, chunk: i32): void {
  const channels = args.channels;
  const perImage = args.pixelsPerImage;
  const begin = chunk * args.pixelsPerChunk;
  const end = min(begin + args.pixelsPerChunk, args.pixels);
  const key = hash(<i32>load<f32>(args.seed) ^ args.stream) + args.offset;
  const threshold = i32x4.splat(args.threshold);
  const keep = i32x4.splat(args.keeps ? -1 : 0);
  const scale = f32x4.splat(args.scale);
  const step = i32x4.splat(4 * perImage);
  const lanes = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(perImage));
  for (let pixel = begin; pixel < end; pixel++) {
    const image = pixel / perImage;
    const number = image * channels * perImage + (pixel - image * perImage);
    const x = args.x + (<usize>(pixel * channels) << 2);
    const y = args.y + (<usize>(pixel * channels) << 2);
    let numbers = i32x4.add(i32x4.splat(key + number), lanes);
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const at = <usize>c << 2;
      const kept = v128.and(i32x4.ge_u(hash4(numbers), threshold), keep);
      v128.store(y + at, v128.and(f32x4.mul(v128.load(x + at), scale), kept));
      numbers = i32x4.add(numbers, step);
    }
    for (; c < channels; c++) {
      const at = <usize>c << 2;
      const kept = <u32>hash(key + number + c * perImage) >= <u32>args.threshold && args.keeps != 0;
      store<f32>(y + at, kept ? load<f32>(x + at) * args.scale : 0);
    }
  }
}
