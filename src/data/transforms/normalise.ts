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
  const tables = tablesOf(mean, std, shift);
  for (let c = 0; c < channels; c++) {
    const table = tables[c];
    for (let i = c; i < data.length; i += channels) out[at + i] = table[data[i]];
  }
}

/** Those of the last picture: one after the other, pictures are normalised in the same way. */
let tables: readonly Float32Array[];
let madeOf: string | undefined;

function tablesOf(
  mean: readonly number[],
  std: readonly number[],
  shift: readonly number[],
): readonly Float32Array[] {
  const numbers = [mean, std, shift].join();
  if (numbers !== madeOf) {
    tables = mean.map((_, channel) => tableOf(mean[channel], std[channel], shift[channel]));
    madeOf = numbers;
  }
  return tables;
}

function tableOf(mean: number, std: number, shift: number): Float32Array {
  const [offset, subtrahend, divisor] = Float32Array.of(shift, mean, std);
  const table = new Float32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    table[byte] = Math.fround(Math.fround(Math.fround(byte / 255) + offset) - subtrahend) / divisor;
  }
  return table;
}
