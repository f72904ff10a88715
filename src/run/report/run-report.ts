import type { Backend } from '../../backends/backend.ts';
import type { StateDict } from '../../base/tensor-data.ts';
import type { Picture } from '../../data/dataset.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { PicturePlatform } from '../../data/picture-platform.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { Module } from '../../nn/module.ts';
import { count } from '../../report/format.ts';
import type { ModelDescription } from '../../train/network.ts';
import type { Recipe } from '../../train/recipe.ts';
import type { TrainResult } from '../../train/train.ts';
import type { ClassMap } from '../../use/explain/explanation.ts';
import type { RunFolder } from '../folder/run-folder.ts';
import type { RunEvaluation } from './evaluate-best.ts';

/** What `report.html` is made of, beside the numbers in the run folder. */
export interface RunReport {
  readonly folder: RunFolder;
  readonly data: OpenData;
  readonly backend: Backend;
  readonly model: ModelDescription;
  /** The network; its weights may be others than the best. */
  readonly module: Module;
  readonly recipe: Recipe;
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  /** What the run began with, and what was not trained, in words. */
  readonly begunWith?: string | undefined;
  readonly frozen?: string | undefined;
  /** The command that repeats the run. */
  readonly command?: string | undefined;
  readonly evaluated: RunEvaluation | undefined;
  /** The weights that were evaluated. */
  readonly best: StateDict | undefined;
  /** Aborted when the run is interrupted: then the report is written without what takes long. */
  readonly signal?: AbortSignal | undefined;
  /** Lines for the reader: what was left out, why the run ended early. */
  readonly notes: readonly string[];
}

/** What a platform gives so that a report is written. */
export interface ReportPlatform {
  readonly pictures: PicturePlatform;
  /** What computed, for people: processor, the backend's description, what ran it. */
  machine(backend: Backend): string;
  /** A path as it is seen from a folder that it lies in; what lies elsewhere keeps its own. */
  within(folder: string, path: string): string;
  /** A picture as a `data:` URI, its longest side at most `side` pixels. Absent where there is no encoder. */
  readonly encode?: ((picture: Picture, side: number) => Promise<string>) | undefined;
  /** The same of a picture with a map of what speaks for a class over it. */
  readonly overlay?: ((found: ClassMap, picture: Picture, side: number) => Promise<string>) | undefined;
}

/** The list of all misclassified pictures, beside the report. */
export const misclassifiedFile = 'misclassified.csv';

/** For the notes of a run that was interrupted, in training or when that was done. */
export function interruption({ reason, step }: Pick<TrainResult, 'reason' | 'step'>): string {
  return reason === 'interrupted'
    ? `The run was interrupted at step ${count(step)} and can be continued.`
    : 'The run was interrupted while its best weights were evaluated; continued, it evaluates them again.';
}

/** The same of a run that was interrupted while its mistakes were explained. */
export const withoutExplanations =
  'The run was interrupted while its report was written: not all of its mistakes show where the network looked (Grad-CAM). cardinal explain shows it of any picture.';

/** The same of a run whose best weights are damaged or gone, and of what is wrong with them. */
export function withoutEvaluation(problem: string): string {
  return `${problem}: the best weights were not evaluated`;
}
