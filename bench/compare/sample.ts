/** Numbers of a large result that are compared. */
const most = 4096;

/** How many numbers of a result of `length` are compared. */
export function sampleSize(length: number): number {
  return Math.min(length, most);
}

/** All of a small result; of a large one numbers from everywhere, borders and corners included: pytorch.py takes the same. */
export function sampleOf(result: Float32Array): Float32Array {
  if (result.length <= most) return result;
  // The golden ratio's multiples are spread evenly and share no period with rows or channels.
  return Float32Array.from({ length: most }, (_, i) => result[(i * 2654435761) % result.length]);
}
