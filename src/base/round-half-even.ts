/** The nearest whole number; of two equally near the even one, as IEEE 754, Python and NumPy round. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
