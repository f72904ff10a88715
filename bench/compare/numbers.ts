/** Numbers that are the same for every contender: whole, so that every library reads the same, and without a pattern. */
export function numbers(length: number, seed: number, scale: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((((i + seed * 101) * 7919) % 997) / 498 - 1) * scale);
}
