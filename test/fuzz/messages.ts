/** What a child is to do: inputs number `from` up to `to`, of a target. */
export interface Job {
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Ends earlier, after so many seconds. */
  readonly seconds?: number | undefined;
  /** Keeps inputs that reach code which none before did, in this folder, and goes on from them. */
  readonly corpus?: string | undefined;
  /** Reads this one file and nothing else. */
  readonly file?: string | undefined;
}

/** An input that led to something that must not be. */
export interface Fault {
  readonly target: string;
  readonly what: string;
  readonly input: Uint8Array;
  /** `CARDINAL_SEED=7 #12`: which it was. */
  readonly origin: string;
}

export interface Tally {
  readonly early: number;
  readonly refused: number;
  readonly whole: number;
  /** Inputs that reached new code, if that was looked at. */
  readonly kept: number;
  /** Most memory that an input took beyond what was there, or a batch of some if none took too much, in bytes. */
  readonly peak: number;
  /** Processor time of the slowest input, in seconds. */
  readonly slowest: number;
}

export const noTally: Tally = { early: 0, refused: 0, whole: 0, kept: 0, peak: 0, slowest: 0 };

export type Reply =
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'done'; readonly tally: Tally; readonly next: number };
