import type { PictureRecord } from '../../data/picture-record.ts';
import type { Module } from '../../nn/module.ts';
import type { Checkpoint, TrainingState } from '../../train/checkpoint.ts';
import type { Network } from '../../train/network.ts';
import type { EngineChoice } from '../backends.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { RunPictures } from '../pictures/run-pictures.ts';
import type { RunConfig } from './config.ts';

/** A checkpoint with what it takes to continue. */
export type LastCheckpoint = Checkpoint & { readonly training: TrainingState };

/** A run that is ready to be done. Whoever prepared it has written nothing. */
export interface PreparedRun {
  readonly config: RunConfig;
  /** Whether `config.json` does not record it yet. */
  readonly isChanged: boolean;
  readonly data: OpenData;
  readonly module: Module;
  /** The same as training sees it. */
  readonly network: Network;
  readonly pictures: RunPictures;
  /** Which pictures the weights were trained on that the run begins with. */
  readonly picturesBefore: readonly PictureRecord[];
  /** What computes, unless a backend is given. */
  readonly engine: EngineChoice;
  /** As the run had it, if it is not given. */
  readonly checkpointActivations: boolean | undefined;
  /** The checkpoint that the run goes on from; undefined for one that begins. */
  readonly resume: LastCheckpoint | undefined;
}
