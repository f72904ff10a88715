import type { AssembledBatch, AssemblySpec, BatchRequest } from './assembler.ts';
import type { PictureSource } from './source.ts';
import type { WatchedPlaces } from './decode-watch.ts';

/** What a worker gets once, when it starts. */
export interface WorkerSetup {
  readonly spec: AssemblySpec;
  readonly source: PictureSource;
  readonly labels: Int32Array;
  /** N×K numbers in place of one class each. */
  readonly targets?: Float32Array | undefined;
  /** Names samples in errors, where the source has no paths. */
  readonly name: string;
  /** Where it notes what it decodes; 'told' if it tells its pool. */
  readonly watched?: WatchedPlaces | 'told' | undefined;
  /** What another worker was ended for. */
  readonly givenUp?: readonly GivenUp[] | undefined;
}

/** A sample that is not to be tried, and why. */
export interface GivenUp {
  readonly index: number;
  readonly reason: string;
}

/** Room for a batch: N×H×W×C and N×K numbers. */
export interface BatchArrays {
  readonly input: Float32Array;
  readonly target: Float32Array;
}

/** A batch in the arrays that it fills: those that were given, or those that came back for them. */
export type FilledBatch = AssembledBatch & BatchArrays;

/** A batch to fill; arrays that are not of shared memory are handed over. */
export interface WorkerJob extends BatchArrays {
  readonly id: number;
  readonly request: BatchRequest;
}

export type WorkerMessage = WorkerJob | { readonly giveUp: GivenUp };

export type WorkerReply =
  | {
      readonly id: number;
      readonly result: AssembledBatch;
      /** The job's, where they were handed over. */
      readonly arrays: BatchArrays | undefined;
    }
  | {
      readonly id: number;
      readonly error: string;
      /** True if a person can act on it; anything else is a defect of Cardinal, and `error` is its stack. */
      readonly forUser: boolean;
    };
