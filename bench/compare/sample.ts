/** Numbers of a large result that are compared. */
const most = 4096;

/** How many numbers of a result of `length` are compared. */
export function sampleSize(length: number): number {
  return Math.min(length, most);
}

/** All of a small result; of a large one numbers from everywhere, borders and corners included: pytorch.py takes the same. */
export function sampleOf(result: Float32Array): Float32Array {
  if (result.length <= most) return result;
  // Multiples of the golden ratio are spread evenly over 0 to 1, in no step with rows or channels.
  return Float32Array.from(
    { length: most },
    (_, i) => result[Math.floor(((i * golden) % 1) * result.length)],
  );
}

const golden = (Math.sqrt(5) - 1) / 2;
