import { count } from '../../report/format.ts';
import { leftOutLine } from '../../data/left-out.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { Module } from '../../nn/module.ts';
import type { TrainEvent } from '../../train/events.ts';
import type { TrainResult } from '../../train/train.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { RunEvaluation } from '../report/evaluate-best.ts';
import type { RunPlatform } from '../platform.ts';
import type { RunEvent } from './events.ts';
import type { NamedModel, RunRequest, TrainOnOptions } from './options.ts';
import { trainRun } from './run.ts';

/** A network trained on pictures, and what it takes to use it. */
export interface TrainedOn extends TrainResult {
  /** With the trained weights in it. */
  readonly model: Module;
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  /**
   * How well the best weights do (`best.safetensors`), or without `out` those that the network got. Absent if that was not
   * asked for, if there are no pictures to evaluate on, if the run was interrupted or diverged, or if `best.safetensors` is damaged,
   * which a `warning` event reports.
   */
  readonly evaluation?: RunEvaluation;
  /** The pictures as they were split: what was held out is its `val`. */
  readonly data: OpenData;
}

/** What a platform's `trainOn` does once its arguments are checked. */
export async function trainOnPictures(
  source: string | OpenData,
  model: Module | NamedModel,
  options: TrainOnOptions,
  platform: RunPlatform,
): Promise<TrainedOn> {
  const { onEvent, signal, ...rest } = options;
  const request: RunRequest = {
    ...{ source, model, options: rest },
    listen: () => signal,
    onEvent: async (event) => {
      for (const each of await asTrainEvents(event)) await onEvent?.(each);
    },
  };
  const { result, module, data, config, evaluation, withoutEvaluation } = await trainRun(request, platform);
  if (withoutEvaluation !== undefined) await onEvent?.({ type: 'warning', message: withoutEvaluation });
  return {
    ...result,
    ...{ model: module, classes: data.classes, preprocessing: config.preprocessing, data },
    ...(evaluation === undefined ? {} : { evaluation }),
  };
}

/** A run's events as a program gets them: what happens around training is a warning, where a person should know it. */
async function asTrainEvents(event: RunEvent): Promise<TrainEvent[]> {
  switch (event.type) {
    case 'notice':
      return warnings(event.message);
    case 'weights-opened':
      return warnings(...event.notes);
    case 'weights-loaded': {
      const { unmatchedLine } = await import('../../weights/load.ts');
      return warnings(unmatchedLine(event.loaded));
    }
    case 'begun':
      return warnings(leftOutLine(event.data.leftOut));
    case 'continued':
      return warnings(leftOutLine(event.data.leftOut), ...(await continuedLines(event)));
    case 'evaluating':
    case 'reporting':
      return [];
    default:
      return [event];
  }
}

function warnings(...messages: readonly (string | undefined)[]): TrainEvent[] {
  return messages.flatMap((message) => (message === undefined ? [] : [{ type: 'warning', message }]));
}

/** What is new of a run that goes on. */
async function continuedLines({
  path,
  config,
  training,
}: Extract<RunEvent, { type: 'continued' }>): Promise<string[]> {
  const { rateAfterwards } = await import('../../train/continue.ts');
  const { recipe: before, progress } = training;
  const { recipe } = config;
  return [
    ...(before.epochs === recipe.epochs ? [] : [rateAfterwards(before, recipe)]),
    ...(progress.epoch < recipe.epochs
      ? []
      : [
          `the run in ${path} has finished its ${count(recipe.epochs)} ${recipe.epochs === 1 ? 'epoch' : 'epochs'}: nothing is left to train`,
        ]),
  ];
}
