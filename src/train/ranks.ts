import type { Communicator } from '../backends/communicator.ts';

/** What ranks compare: anything that JSON can say. */
export type Fact = string | number | boolean | null | readonly Fact[] | { readonly [name: string]: Fact };

/**
 * Ranks that do a run together: the sums of their plans, and what they tell each other beside them. All call the same methods in the same
 * order. `what` is for messages about ranks that are late.
 */
export interface TrainingRanks extends Communicator {
  /** What the first rank gives, on all ranks; the others give nothing. */
  broadcast(bytes: Uint8Array | undefined, what: string): Promise<Uint8Array>;
  /** What each rank has to say, plain data, in the order of ranks. */
  share<T>(value: T, what: string): Promise<T[]>;
  /** Sums over ranks in double precision, of the same bits on all. */
  sum(values: readonly number[], what: string): Promise<number[]>;
  /** Whether any rank wants it. */
  any(wish: boolean, what: string): Promise<boolean>;
  /** Throws on all ranks if a fact differs between them: a line with the rank, the fact, both values, and `advice`. */
  agree(facts: Readonly<Record<string, Fact>>, advice: string): Promise<void>;
  /** Does this rank's part of what all do. Where it fails on some, it fails on all, with one reason. */
  together<T>(work: () => T | Promise<T>, what: string): Promise<T>;
  /** What the first rank's work comes to, on all: plain data, or undefined. Where it fails, it fails on all. */
  fromFirst<T>(work: () => T | Promise<T>, what: string): Promise<T>;
}

/** One of the ranks was asked to end: thrown on all alike. */
export class StoppedTogether extends Error {}
