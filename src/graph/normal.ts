/** Φ(x): the share of normally distributed numbers that are below x. In double precision; NaN stays NaN. */
export function normalCdf(x: number): number {
  const beyond = erfc(Math.abs(x) / Math.SQRT2) / 2;
  return x < 0 ? beyond : 1 - beyond;
}

/** φ(x) = Φ′(x). */
export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

/** 1 − erf(z), z ≥ 0: by a series whose terms are all positive, and far out by a continued fraction (Abramowitz and Stegun 7.1.6, 7.1.14). */
function erfc(z: number): number {
  const scale = Math.exp(-z * z) / Math.sqrt(Math.PI);
  if (z < 3) {
    let sum = 0;
    let term = 2 * z;
    for (let n = 1; sum + term !== sum; n++) {
      sum += term;
      term *= (2 * z * z) / (2 * n + 1);
    }
    return 1 - scale * sum;
  }
  let fraction = z;
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction;
  return scale / fraction;
}
