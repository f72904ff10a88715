/** What joins the hosts, as the α–β model has it: a message of n bytes takes α + n·β seconds. */
export interface Link {
  /** α: seconds until the first byte is there. */
  readonly latency: number;
  /** 1/β: bytes a second, in each direction. */
  readonly bandwidth: number;
  /** 1/γ: bytes of float32 that a rank adds up in a second. */
  readonly addition: number;
}

/** Bytes of float32 that a core adds up in a second, about. */
export const usualAddition = 10e9;

/** How ranks add up: along a ring, or up and down a binary tree. */
export type AllReduceAlgorithm = 'ring' | 'tree';

/**
 * Seconds in which `ranks` ranks, each on a host of its own, add up `bytes` bytes so that all have the sum.
 *
 * - `ring` (Patarasuk and Yuan 2009): the buffer in p parts; 2·(p−1) messages of n/p bytes one after the other, of which the first
 *   p−1 are added: 2·(p−1)·α + 2·(p−1)/p·n·β + (p−1)/p·n·γ. No algorithm sends fewer bytes.
 * - `tree` (binomial reduction and broadcast; Thakur, Rabenseifner and Gropp 2005): 2·⌈log₂ p⌉ messages of n bytes, of which the first
 *   ⌈log₂ p⌉ are added: ⌈log₂ p⌉·(2·α + 2·n·β + n·γ). Fewer messages, so short ones arrive sooner.
 */
export function allReduceSeconds(
  bytes: number,
  ranks: number,
  { latency, bandwidth, addition }: Link,
  algorithm: AllReduceAlgorithm,
): number {
  if (algorithm === 'tree') {
    const rounds = Math.ceil(Math.log2(ranks));
    return rounds * (2 * latency + (2 * bytes) / bandwidth + bytes / addition);
  }
  const messages = ranks - 1;
  const part = bytes / ranks;
  return messages * (2 * latency + (2 * part) / bandwidth + part / addition);
}

/** The faster of the two for so many bytes, which is what implementations of MPI choose. */
export function fasterAllReduce(
  bytes: number,
  ranks: number,
  link: Link,
): { readonly algorithm: AllReduceAlgorithm; readonly seconds: number } {
  const [ring, tree] = (['ring', 'tree'] as const).map((algorithm) => ({
    algorithm,
    seconds: allReduceSeconds(bytes, ranks, link, algorithm),
  }));
  return tree.seconds <= ring.seconds ? tree : ring;
}
