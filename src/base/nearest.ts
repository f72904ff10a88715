import { distance } from './distance.ts';

/** How many letters must be put in, left out or replaced to make one name of another (Levenshtein 1966). */
export function apart(a: string, b: string): number {
  return distance(a, b);
}

/** The up to `count` candidates most like `name`, best first, for "did you mean" messages. */
export function nearest(name: string, candidates: readonly string[], count = 3): string[] {
  return candidates
    .map((candidate) => ({ candidate, score: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.score - b.score)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

/** Whether two names may be meant for one another: two letters differ, or a third of the longer one's. */
export function alike(a: string, b: string): boolean {
  return distance(a.toLowerCase(), b.toLowerCase()) <= Math.max(2, Math.max(a.length, b.length) / 3);
}
