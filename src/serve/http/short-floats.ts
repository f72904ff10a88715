/**
 * 32-bit floats as JSON is to have them: nine digits tell each from its neighbours, where the double that equals it has up to
 * seventeen.
 */
export function shortFloats(floats: Float32Array): number[] {
  return Array.from(floats, (value) => Number(value.toPrecision(9)));
}
