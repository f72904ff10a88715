import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { augmentationWords } from '../../data/augmentations.ts';
import { leftOutLine } from '../../data/left-out.ts';
import type { OpenData } from '../../data/open-data.ts';
import { bestFile, lastFile, previousFile } from '../../run/folder/checkpoints.ts';
import { pictureListFile } from '../../run/pictures/picture-list.ts';
import { evaluatedOn } from '../../run/report/evaluate-best.ts';
import { misclassifiedFile } from '../../run/report/run-report.ts';
import { metricsName } from '../../run/folder/run-folder.ts';
import { classifierFates, type RunConfig } from '../../run/training/config.ts';
import type { RunEvent } from '../../run/training/events.ts';
import { frozenWords } from '../../report/recipe.ts';
import type { RunOutcome } from '../../run/training/run.ts';
import { count } from '../../report/format.ts';
import { rateAfterwards } from '../../train/continue.ts';
import { patience } from '../../train/early-stopping.ts';
import { continuingFlags } from '../engine.ts';
import { evaluationLines } from '../output/evaluation.ts';
import { shellWord, wrapped } from '../output/print.ts';

/** The first lines of a run: its network, pictures, recipe and engine. */
export function openingLines(
  { config, data, backend }: Extract<RunEvent, { type: 'begun' }>,
  ranks?: number,
): string[] {
  const { model, recipe, preprocessing, weights, freeze } = config;
  const { train, val, test } = data;
  const held = data.valHeldOut ? ' held out' : '';
  const parts = [
    `${count(train?.length ?? 0)} to train on`,
    ...(val === undefined ? [] : [`${count(val.length)}${held} to validate`]),
    ...(test === undefined ? [] : [`${count(test.length)} to test`]),
  ];
  const shape = [preprocessing.channels, ...preprocessing.size].join('×');
  const begun = weights && `begins with ${weights.file}, its classifier ${classifierFates[weights.head]}`;
  const beginning = [begun, freeze && `frozen: ${frozenWords(freeze.join(' '), recipe)}`];
  return [
    `${model.name} on ${data.path}: ${targetsOf(data)}; pictures of ${shape}: ${parts.join(', ')}`,
    `recipe ${recipe.name}: ${epochsOf(recipe)}, batches of ${recipe.batchSize}${augmentedWords(recipe)}; ${ranksInWords(ranks)}${backend.description}`,
    ...joined(beginning),
    ...leftOut(data),
  ];
}

/** What is told of a run that goes on. */
export function continuingLines({
  path,
  config: { recipe, patience: limit },
  data,
  training: { progress, recipe: before },
}: Pick<Extract<RunEvent, { type: 'continued' }>, 'path' | 'config' | 'data' | 'training'>): string[] {
  const { step, epoch, batch } = progress;
  const { epochs, schedule } = recipe;
  const longer = schedule.kind === 'cosine' ? '' : ' (to train it for longer, give --epochs)';
  const isTired = limit !== undefined && batch === 0 && patience(limit)([], progress);
  return [
    ...leftOut(data),
    epoch < epochs
      ? `continuing ${path} at step ${count(step)}, in epoch ${epoch + 1} of ${epochs}`
      : `${path} has finished its ${epochsOf(recipe)}: evaluating it again${longer}`,
    ...(before.epochs === epochs ? [] : [rateAfterwards(before, recipe)]),
    ...(epoch < epochs && isTired
      ? [
          `validation has not improved for ${limit === 1 ? '1 epoch' : `${limit} epochs`}: to go on all the same, give a larger --patience`,
        ]
      : []),
  ];
}

/** What is printed in the end: figures, how to go on with a run that was stopped, and what its folder holds. */
export function closingLines(
  path: string,
  { result, evaluation, backend, engine }: RunOutcome,
  isStopped: boolean,
  ranks?: number,
): string[] {
  const files = [
    'report.html',
    ...(evaluation === undefined || evaluation.scores !== undefined ? [] : [misclassifiedFile]),
    // A run that was interrupted in its first epoch has no best weights yet.
    ...(result.history.length === 0 ? [] : [bestFile]),
    ...[lastFile, previousFile].filter((name) => existsSync(join(path, name))),
    ...[metricsName, 'config.json', pictureListFile],
  ];
  const launcher = ranks === undefined ? '' : `mpirun -n ${ranks} `;
  const command = `${launcher}npx cardinal train --resume ${shellWord(path)}${continuingFlags(backend, engine)}`;
  return [
    ...(evaluation === undefined ? [] : ['', ...evaluationLines(evaluation, evaluatedOn[evaluation.on])]),
    '',
    ...(isStopped ? [`continue with: ${command}`] : []),
    ...wrapped(`the run is in ${path}: ${files.join(', ')}`),
  ];
}

function ranksInWords(ranks: number | undefined): string {
  return ranks === undefined ? '' : `${ranks} ranks, each `;
}

function targetsOf({ classes, task }: Pick<OpenData, 'classes' | 'task'>): string {
  const one = { classes: 'class', labels: 'label', numbers: 'number' } as const;
  const what = task ?? 'classes';
  return `${classes.length} ${classes.length === 1 ? one[what] : what}`;
}

function epochsOf({ epochs }: RunConfig['recipe']): string {
  return `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`;
}

function augmentedWords({ augmentation, balance }: RunConfig['recipe']): string {
  const augmented = augmentation && `pictures ${augmentationWords(augmentation)}`;
  const balanced = balance && `classes balanced by ${balance}`;
  return [augmented, balanced].flatMap((part) => (part === undefined ? [] : [`; ${part}`])).join('');
}

function joined(parts: readonly (string | undefined)[]): string[] {
  const present = parts.filter((part) => part !== undefined);
  return present.length === 0 ? [] : [present.join('; ')];
}

function leftOut({ leftOut: items }: Parameters<typeof openingLines>[0]['data']): string[] {
  const line = leftOutLine(items);
  return line === undefined ? [] : [line];
}
