import type { AssembledBatch, AssemblySpec, BatchRequest } from './assembler.ts';
import type { PictureSource } from './source.ts';
import type { WatchedPlaces } from './decode-watch.ts';

/** What a worker gets once, when it starts. */
export interface WorkerSetup {
  readonly spec: AssemblySpec;
  readonly source: PictureSource;
  readonly labels: Int32Array;
  /** Names samples in errors, where the source has no paths. */
  readonly name: string;
  /** Where it notes what it decodes. */
  readonly watched?: WatchedPlaces | undefined;
  /** What another worker was ended for. */
  readonly givenUp?: readonly GivenUp[] | undefined;
}

/** A sample that is not to be tried, and why. */
export interface GivenUp {
  readonly index: number;
  readonly reason: string;
}

/** A batch to fill; both arrays are views of shared memory. */
export interface WorkerJob {
  readonly id: number;
  readonly request: BatchRequest;
  readonly input: Float32Array;
  readonly target: Float32Array;
}

export type WorkerMessage = WorkerJob | { readonly giveUp: GivenUp };

export type WorkerReply =
  | { readonly id: number; readonly result: AssembledBatch }
  | {
      readonly id: number;
      readonly error: string;
      /** True if a person can act on it; anything else is a defect of Cardinal, and `error` is its stack. */
      readonly forUser: boolean;
    };
