import type * as portable from '../../run/training/options.ts';
import type { IsolationOptions } from '../backend.ts';
import type { HubOptions } from '../hub/repo.ts';

/** Limits of pictures are for a path: pictures that are open already are read with `openData`'s. */
export interface TrainOnOptions extends portable.TrainOnOptions, HubOption, IsolationOptions {}

/** What a run is asked for, by a program or on the command line. What is not given has its default, or stays as it was. */
export interface RunOptions extends portable.RunOptions, HubOption {}

/** A run that is asked for. */
export interface RunRequest extends portable.RunRequest {
  readonly options: RunOptions;
}

interface HubOption {
  /** For `hf:` names: progress, warnings, another cache. */
  readonly hub?: HubOptions | undefined;
}
