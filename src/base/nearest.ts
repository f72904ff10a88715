import { distance } from 'fastest-levenshtein';

/** The up to `count` candidates most like `name`, best first, for "did you mean" messages. */
export function nearest(name: string, candidates: readonly string[], count = 3): string[] {
  return candidates
    .map((candidate) => ({ candidate, score: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.score - b.score)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}
