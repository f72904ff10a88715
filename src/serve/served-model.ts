import type { Preprocessing } from '../data/preprocessing.ts';
import type { Classifier } from '../use/classifier.ts';

/** One generation of a model: weights that were loaded together. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  readonly classifier: Classifier;
  /** Where the weights came from. Never sent to clients: it may be a path. */
  readonly source: string;
  readonly about: ModelAbout;
}

/** What anybody may know of a model. */
export interface ModelAbout {
  /** The registry's name of the network, or its class. */
  readonly architecture: string;
  readonly classes: readonly string[];
  /** [C, H, W] of one prepared picture. */
  readonly input: readonly [number, number, number];
  readonly preprocessing: Preprocessing;
  /** SHA-256 of the weights, if they have one. */
  readonly digest: string | undefined;
}
