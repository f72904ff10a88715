/**
 * Exponential and logarithm to the same bits in every engine: JavaScript leaves the last digit of its own to them, and browsers and
 * versions differ in it. Both are fdlibm's (Sun Microsystems, 1993, free to use), operation by operation,
 * less branches of which others give the same bits.
 */
const word = new DataView(new ArrayBuffer(8));

/** The upper half of the bits of x, which `word` holds from then on. */
function highOf(x: number): number {
  word.setFloat64(0, x);
  return word.getInt32(0);
}

const ln2High = 6.9314718036912381649e-1;
const ln2Low = 1.90821492927058770002e-10;
const invLn2 = 1.442695040888963387;

/** eˣ. */
export function exp(given: number): number {
  if (given > 709.782712893384) return Infinity;
  if (given < -745.1332191019411) return 0;
  if (given === 1) return Math.E;
  const size = highOf(given) & 0x7fffffff;
  if (size < 0x3e300000) return 1 + given;
  let [high, low, k] = [given, 0, 0];
  if (size > 0x3fd62e42) {
    const sign = given < 0 ? -1 : 1;
    k = size < 0x3ff0a2b2 ? sign : Math.trunc(invLn2 * given + 0.5 * sign);
    high = given - k * ln2High;
    low = k * ln2Low;
  }
  const x = high - low;
  const t = x * x;
  const p4 = -1.6533902205465251539e-6 + t * 4.13813679705723846039e-8;
  const p2 = -2.77777777770155933842e-3 + t * (6.61375632143793436117e-5 + t * p4);
  const c = x - t * (1.66666666666666019037e-1 + t * p2);
  const y = 1 - (low - (x * c) / (2 - c) - high);
  // In two steps: 2ᵏ may be too large or too small for a number.
  const half = k >> 1;
  return y * 2 ** half * 2 ** (k - half);
}

/** The natural logarithm. */
export function log(given: number): number {
  if (!(given > 0)) return given === 0 ? -Infinity : NaN;
  if (given === Infinity) return given;
  let x = given;
  let k = 0;
  if (x < 2 ** -1022) {
    k = -54;
    x *= 2 ** 54;
  }
  const high = highOf(x);
  const rest = high & 0xfffff;
  const carry = (rest + 0x95f64) & 0x100000;
  word.setInt32(0, rest | (carry ^ 0x3ff00000));
  const f = word.getFloat64(0) - 1;
  k += (high >> 20) - 1023 + (carry >> 20);
  if ((0xfffff & (2 + rest)) < 3) {
    const square = f * f * (0.5 - (1 / 3) * f);
    return k * ln2High - (square - k * ln2Low - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd5 = 1.818357216161805012e-1 + w * 1.479819860511658591e-1;
  const odd = z * (6.66666666666673513e-1 + w * (2.857142874366239149e-1 + w * odd5));
  const r = odd + even;
  if (((rest - 0x6147a) | (0x6b851 - rest)) > 0) {
    const half = 0.5 * f * f;
    return k * ln2High - (half - (s * (half + r) + k * ln2Low) - f);
  }
  return k * ln2High - (s * (f - r) - k * ln2Low - f);
}
