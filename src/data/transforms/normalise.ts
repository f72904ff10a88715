import type { Picture } from '../dataset.ts';

/**
 * (byte/255 + shift − mean) / std per channel, written to `out` from `at` on as H×W×C numbers. `shift` is the lighting's.
 * Every step is rounded to single precision, so the numbers are those of torchvision's `ToTensor` and `Normalize` bit for
 * bit. A byte has 256 values, so each channel is a table.
 */
export function normaliseInto(
  out: Float32Array,
  at: number,
  picture: Picture,
  mean: readonly number[],
  std: readonly number[],
  shift: readonly number[] = [0, 0, 0],
): void {
  const { data, channels } = picture;
  for (let c = 0; c < channels; c++) {
    const [offset, subtrahend, divisor] = Float32Array.of(shift[c], mean[c], std[c]);
    const table = Float32Array.from(
      { length: 256 },
      (_, byte) => Math.fround(Math.fround(Math.fround(byte / 255) + offset) - subtrahend) / divisor,
    );
    for (let i = c; i < data.length; i += channels) out[at + i] = table[data[i]];
  }
}
