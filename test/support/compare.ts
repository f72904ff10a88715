/**
 * ‖actual − expected‖ / ‖expected‖ in L2, Infinity if a NaN stands in one and not in the other. Where all that is
 * expected is nearly 0, `floor` per element stands for its size: f32 cannot be relatively exact about a cancelled sum.
 */
export function relativeDistance(actual: Float32Array, expected: Float32Array, floor = 1e-3): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(actual[i]) !== Number.isNaN(expected[i])) return Infinity;
    if (Number.isNaN(expected[i])) continue;
    difference += (actual[i] - expected[i]) ** 2;
    size += expected[i] ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), floor * Math.sqrt(expected.length));
}

/** Index of the first element that differs in any bit (NaN equals NaN), or −1. */
export function firstDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  // Most are the same, which their bits tell many times as fast.
  const [these, those] = [bitsOf(a), bitsOf(b)];
  for (let i = 0; i < these.length; i++) {
    if (these[i] !== those[i] && !Object.is(a[i], b[i])) return i;
  }
  return -1;
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}
