import { contrast, type Contrast } from './statistics.ts';
import type { Outcome } from './outcome.ts';

/** The verdict on a claim: it holds here, its opposite does, or the difference is not significant. */
export type Verdict = 'agrees' | 'disagrees' | 'cannot tell';

/** A claim of the paper, weighed. */
export interface CheckedClaim {
  /** As the paper says it. */
  readonly claim: string;
  readonly verdict: Verdict;
  /** What was found: numbers with their margin. */
  readonly found: string;
  /** What the paper's own figures make of it, if they are known. */
  readonly published?: string;
}

/** A claim about a difference of means. */
export interface Claim {
  readonly claim: string;
  readonly measure: string;
  /** Positive where the paper is right. */
  readonly contrast: Contrast;
  /** What the number is: "points of error from 1×64d to 32×4d". */
  readonly what: string;
  /** The contrast of the paper's figures. */
  readonly published?: number;
  readonly digits?: number;
}

/** Weighs claims about means: one agrees if its contrast is above 0 by more than the 95 % margin, disagrees if below. */
export function checkClaims(outcomes: readonly Outcome[], claims: readonly Claim[]): CheckedClaim[] {
  return claims.map(({ claim, measure, contrast: weights, what, published, digits = 2 }) => {
    const known = published === undefined ? {} : { published: `${signed(published, digits)} ${what}` };
    const found = contrast(outcomes, measure, weights);
    if (found === undefined) {
      const missing = Object.keys(weights).find(
        (arm) => !outcomes.some((outcome) => outcome.arm === arm && Object.hasOwn(outcome.values, measure)),
      );
      const why =
        missing === undefined
          ? 'one seed of each cannot rule out chance: two or more are needed'
          : `${missing} has no run that came to an end`;
      return { claim, verdict: 'cannot tell', found: why, ...known };
    }
    const { value, margin } = found;
    const verdict = value > margin ? 'agrees' : value < -margin ? 'disagrees' : 'cannot tell';
    return {
      claim,
      verdict,
      found: `${signed(value, digits)} ± ${margin.toFixed(digits)} ${what}`,
      ...known,
    };
  });
}

/** A claim that needs no statistics: it holds or it does not. */
export function checkFact(claim: string, holds: boolean, found: string): CheckedClaim {
  return { claim, verdict: holds ? 'agrees' : 'disagrees', found };
}

/** All claims in one word: as the worst of them, where one that fails is worse than one that cannot be told. */
export function overall(checked: readonly CheckedClaim[]): Verdict {
  if (checked.length === 0) return 'cannot tell';
  if (checked.some(({ verdict }) => verdict === 'disagrees')) return 'disagrees';
  return checked.every(({ verdict }) => verdict === 'agrees') ? 'agrees' : 'cannot tell';
}

/** The sentence that the page begins with. `where` is "at scale small, on CIFAR-10", or empty. */
export function verdictSentence(checked: readonly CheckedClaim[], where: string): string {
  const count = (wanted: Verdict): number => checked.filter(({ verdict }) => verdict === wanted).length;
  const claims = `${checked.length} ${checked.length === 1 ? 'claim' : 'claims'}`;
  const on = where === '' ? '' : ` ${where}`;
  const [agreeing, open] = [count('agrees'), count('cannot tell')];
  switch (overall(checked)) {
    case 'agrees':
      return `This run agrees with the paper${on}: ${checked.length === 1 ? 'the one claim holds' : `all ${claims} hold`}.`;
    case 'disagrees':
      return `This run does not agree with the paper${on}: of ${claims}, ${count('disagrees')} came out the other way, ${agreeing} the paper's way, and ${open} cannot be distinguished from chance.`;
    case 'cannot tell':
      return `This run cannot tell whether the paper is right${on}: of ${claims}, ${agreeing} came out the paper's way and ${open} cannot be distinguished from chance.`;
  }
}

export function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}
