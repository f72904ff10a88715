import type { Targets } from '../data/task.ts';
import type { EpochEvent, StepEvent } from '../train/events.ts';
import type { Evaluation } from '../train/metrics.ts';
import type { Reliability } from '../train/reliability.ts';

/** All that a report shows; plain data, so that it can be made from a run folder or by a test. */
export interface ReportData {
  readonly model: string;
  /** What the network was trained on, for people. */
  readonly dataset: string;
  /** When the run ended. */
  readonly date: Date;
  readonly classes: readonly string[];
  /** What is predicted, if not one class a picture: `classes` names labels or numbers then. */
  readonly task?: Targets['task'] | undefined;
  /** What training minimised, in words, if that is another quantity than the loss of validation. */
  readonly trainingLoss?: string | undefined;
  readonly parameters: number;
  /** Multiply–accumulates of weights for one picture of `pictureShape`. */
  readonly macs: number;
  /** C×H×W, as the network sees a picture. */
  readonly pictureShape: readonly [number, number, number];
  readonly trainSamples: number;
  /** Wall-clock time of the training. */
  readonly seconds: number;
  /** Training throughput. */
  readonly imagesPerSecond: number;
  /** Share of the time that training waited for pictures. */
  readonly waiting: number;
  /** What it ran on, e.g. "Intel Xeon, 2 threads, WebAssembly SIMD". */
  readonly machine: string;
  readonly steps: readonly StepPoint[];
  readonly epochs: readonly Omit<EpochEvent, 'elapsed'>[];
  /** How well the network does on pictures it was not trained on; absent if there were none. */
  readonly evaluated?: {
    /** Which pictures, e.g. "test pictures". */
    readonly on: string;
    readonly evaluation: Evaluation;
  };
  readonly samples: readonly ReportedPicture[];
  /** All of them, some with their pictures. */
  readonly misclassified: readonly ReportedPicture[];
  /** How far probabilities can be believed. */
  readonly reliability?: Reliability | undefined;
  /** Pictures that could not be read, and why. */
  readonly skipped?: readonly { readonly id: string; readonly reason: string }[];
  /** A file beside the page that lists all misclassified pictures. */
  readonly misclassifiedFile?: string;
  /** The settings of the run, in the order in which they are shown. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** The command that repeats the run; absent if a program started it. */
  readonly command?: string;
  /** Kinds of files of the data that were not read: in words, with the first of their names. */
  readonly leftOut: readonly {
    readonly what: string;
    readonly count: number;
    readonly paths: readonly string[];
  }[];
  /** One line each: what a reader should know (pictures left out, a run that was interrupted). */
  readonly notes: readonly string[];
}

/** What the curves need of a step. */
export type StepPoint = Pick<StepEvent, 'step' | 'stepsPerEpoch' | 'loss' | 'learningRate'>;

/** A picture with what the network takes it for. */
export interface ReportedPicture {
  /** The picture as a `data:` URI; absent where the page has no room for it. */
  readonly picture?: string | undefined;
  /** The same with a map over it of what speaks for the class that was predicted: Grad-CAM. */
  readonly map?: string | undefined;
  /** What a person can find the picture by. */
  readonly id: string;
  /** True class and predicted class, indices into `classes`. */
  readonly label: number;
  readonly predicted: number;
  /** The likeliest classes, best first. */
  readonly top: readonly { readonly label: number; readonly probability: number }[];
}
