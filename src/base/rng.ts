import { exp, log as ln } from './portable-math.ts';
import { CardinalError } from './errors.ts';

/**
 * Seeded random numbers. Every stream is derived from one seed and a path of labels, so what a sample draws depends
 * on (seed, epoch, index) and never on which worker decoded it or whether the run was resumed.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state, seeded through a 32-bit mixing hash.
 */
export class Rng {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spare: number | undefined;

  private constructor(a: number, b: number, c: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** The stream that `seed` and `path` name, e.g. `Rng.of(7, 'augment', epoch, index)`. */
  static of(seed: number, ...path: readonly (string | number)[]): Rng {
    let a = mix(0x9e3779b9 ^ seed);
    let b = mix(a ^ Math.floor(seed / 2 ** 32));
    let c = mix(b ^ 0x85ebca6b);
    for (const label of path) {
      for (const word of words(label)) {
        a = mix(a ^ word);
        b = mix((b + a) | 0);
        c = mix(c ^ b);
      }
    }
    return new Rng(a, b, c);
  }

  /** A uniform integer in [0, 2³²). */
  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** A uniform number in [0, 1) with 32 random bits. */
  float(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A uniform number in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** A uniform integer in [0, n), without modulo bias for any n that occurs here (n < 2³²). */
  int(n: number): number {
    return Math.floor(this.float() * n);
  }

  /** A standard normal number (Box–Muller, both values of a pair used). */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * ln(1 - this.float()));
    const angle = 2 * Math.PI * this.float();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** A Gamma(shape, 1) number (Marsaglia and Tsang 2000); 0 where it is smaller than any number. */
  gamma(shape: number): number {
    requirePositive('gamma', shape);
    return this.#gamma(shape).value;
  }

  /** A Beta(a, b) number, for mixup and CutMix. With tiny a and b it is 0 or 1 but for rounding. */
  beta(a: number, b: number): number {
    requirePositive('beta', a);
    requirePositive('beta', b);
    // Below this, logarithms overflow as well, and nothing about the numbers drawn changes any more.
    const x = this.#gamma(Math.max(a, 1e-300));
    const y = this.#gamma(Math.max(b, 1e-300));
    const sum = x.value + y.value;
    if (sum > 1e-290 && sum < 1e290) return x.value / sum;
    return 1 / (1 + exp(y.log - x.log));
  }

  /** A Gamma(shape, 1) number and its logarithm, which exists where the number is 0 or infinite but for rounding. */
  #gamma(shape: number): { readonly value: number; readonly log: number } {
    if (shape < 1) {
      const { value, log } = this.#gamma(shape + 1);
      const u = 1 - this.float();
      return { value: value * Math.pow(u, 1 / shape), log: log + ln(u) / shape };
    }
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && ln(1 - this.float()) < 0.5 * x * x + d - d * v + d * ln(v)) {
        return { value: d * v, log: ln(d) + ln(v) };
      }
    }
  }

  /** A random order of 0 … n−1 (Fisher–Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const held = order[i];
      order[i] = order[j];
      order[j] = held;
    }
    return order;
  }
}

/** A 32-bit finaliser with full avalanche (lowbias32, Chris Wellons). */
export function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

function words(label: string | number): number[] {
  if (typeof label === 'number') return [1, label | 0, Math.floor(label / 2 ** 32) | 0];
  return [2, label.length, ...Array.from(label, (character) => character.codePointAt(0) ?? 0)];
}

/** The loop that draws a Gamma number would never end for NaN or an infinite shape. */
function requirePositive(what: string, shape: number): void {
  if (!(shape > 0 && Number.isFinite(shape))) {
    throw new CardinalError(`Rng.${what}: expected a finite shape above 0, got ${String(shape)}`);
  }
}
