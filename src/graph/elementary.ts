/** A function of one number, as losses of one's own are made of, and its derivative. */
interface Elementary {
  readonly value: (x: number) => number;
  readonly slope: (x: number) => number;
}

const rules = {
  exp: { value: Math.exp, slope: Math.exp },
  /** The natural logarithm: −∞ at 0, NaN below it. */
  log: { value: Math.log, slope: (x) => 1 / x },
  /** |x|, with the slope 0 at 0, as PyTorch has it. */
  abs: { value: Math.abs, slope: Math.sign },
  sqrt: { value: Math.sqrt, slope: (x) => 0.5 / Math.sqrt(x) },
  /** log(1 + e^x), without overflow; −softplus(−x) is the logarithm of a sigmoid. */
  softplus: {
    value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    slope: (x) => 1 / (1 + Math.exp(-x)),
  },
} satisfies Record<string, Elementary>;

export type ElementaryName = keyof typeof rules;

export const elementary: Readonly<Record<ElementaryName, Elementary>> = rules;

export const elementaryNames = Object.keys(rules) as ElementaryName[]; // The keys of the table above.
