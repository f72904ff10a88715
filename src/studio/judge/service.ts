import type { Call } from '../../base/channel/service.ts';
import type { SplitName } from '../refs.ts';

/** What the room Judge asks. */
export interface JudgeCalls {
  /** Classifies all pictures of a split. What is made of it (confusion, calibration, suspected labels) the page computes. */
  judge: Call<[JudgeQuery], Judged, { progress(done: number, total: number): void }>;
  /** Writes a temperature into the checkpoint of a run or weights; the file's path. */
  saveTemperature: Call<[{ readonly weights: string; readonly temperature: number }], string>;
}

export interface JudgeQuery {
  /** Of a run or weights. */
  readonly weights: string;
  readonly data: string;
  readonly split: SplitName;
}

/** What a network gives for the pictures of a split. */
export interface Judged {
  readonly classes: readonly string[];
  /** What the weights were calibrated to; 1 if they were not. */
  readonly temperature: number;
  /** N×K, as the network gives them. */
  readonly logits: Float32Array;
  /** N: the true classes, which pictures of the split they are, and what a person finds these by. */
  readonly labels: Int32Array;
  readonly indices: Uint32Array;
  readonly names: readonly string[];
  /** Pictures that could not be read. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}
