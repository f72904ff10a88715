import { basename } from 'node:path';
import type { Backend } from '../../backends/backend.ts';
import { leftOutWords } from '../../data/left-out.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import { count, digits3, percent } from '../../report/format.ts';
import { recipeRows } from '../../report/recipe.ts';
import type { ModelDescription } from '../../train/network.ts';
import type { Recipe } from '../../train/recipe.ts';
import type { TrainResult } from '../../train/train.ts';
import type { OpenData } from '../../data/open-data.ts';
import { machine } from '../../node/machine.ts';
import { faultLines } from '../folder/metrics-file.ts';
import { metricsName, type RunFolder } from '../folder/run-folder.ts';
import { version } from '../../node/version.ts';
import { evaluatedOn, type RunEvaluation } from './evaluate-best.ts';
import { summarizeMetrics } from './metrics-summary.ts';
import { misclassifiedCsv } from './misclassified.ts';
import { findSharp } from '../../node/sharp.ts';

/** What `report.html` is made of, beside the numbers in the run folder. */
export interface RunReport {
  readonly folder: RunFolder;
  readonly data: OpenData;
  readonly backend: Backend;
  readonly model: ModelDescription;
  /** Of the network: elements of all parameters, and multiply–accumulates for one picture. */
  readonly cost: { readonly params: number; readonly macs: number };
  readonly recipe: Recipe;
  readonly preprocessing: Preprocessing;
  readonly seed: number;
  /** What the run began with, and what was not trained, in words. */
  readonly begunWith?: string | undefined;
  readonly frozen?: string | undefined;
  /** The command that repeats the run. */
  readonly command?: string | undefined;
  readonly evaluated: RunEvaluation | undefined;
  /** Lines for the reader: what was left out, why the run ended early. */
  readonly notes: readonly string[];
}

/** The list of all misclassified pictures, beside the report. */
export const misclassifiedFile = 'misclassified.csv';

/**
 * Writes `report.html` of a run, all its parts included if it was continued, and `misclassified.csv` if it was evaluated.
 * Gives the report's path.
 */
export async function writeReport(run: RunReport): Promise<string> {
  // Plot and its document take a while to load, and a run that fails needs neither.
  const [{ renderReport }, pictures] = await Promise.all([
    import('../../report/report.ts'),
    import('./pictures.ts'),
  ]);
  const { folder, data, backend, model, cost, preprocessing, command, evaluated } = run;
  const metrics = await summarizeMetrics(folder.readMetrics());
  const { steps, waiting, seconds, imagesPerSecond } = metrics;
  const dataset = data.test ?? data.val;
  const source = dataset && { dataset, folder: data.path };
  const page = renderReport({
    model: model.name,
    dataset: basename(data.path),
    date: new Date(),
    classes: data.classes,
    parameters: cost.params,
    macs: cost.macs,
    pictureShape: [preprocessing.channels, ...preprocessing.size],
    trainSamples: data.train?.length ?? 0,
    seconds,
    imagesPerSecond,
    waiting,
    machine: machine(backend),
    steps,
    epochs: metrics.epochs.map(({ validation, ...epoch }) => ({
      type: 'epoch',
      ...epoch,
      ...(validation === undefined ? {} : { validation }),
    })),
    ...(evaluated === undefined
      ? {}
      : { evaluated: { on: evaluatedOn[evaluated.on], evaluation: evaluated } }),
    samples: evaluated && source ? await pictures.withPictures(evaluated.samples, source) : [],
    misclassified:
      evaluated && source ? await pictures.withSomePictures(evaluated.misclassified, source) : [],
    misclassifiedFile,
    leftOut: data.leftOut.map((item) => ({ ...item, what: leftOutWords(item) })),
    settings: settingsOf(run),
    ...(command === undefined ? {} : { command }),
    notes: [
      ...run.notes,
      ...notesOn(evaluated),
      ...faultLines(metricsName, metrics.faults),
      ...(waiting > halfOfTheTime ? [waited(waiting)] : []),
      ...(findSharp() === undefined ? [withoutPictures] : []),
    ],
  });
  if (evaluated !== undefined) {
    await folder.write(misclassifiedFile, misclassifiedCsv(evaluated.misclassified, data.classes));
  }
  return folder.write('report.html', page);
}

/** For the notes of a run that was interrupted, in training or when that was done. */
export function interruption({ reason, step }: Pick<TrainResult, 'reason' | 'step'>): string {
  return reason === 'interrupted'
    ? `The run was interrupted at step ${count(step)} and can be continued.`
    : 'The run was interrupted while its best weights were evaluated; continued, it evaluates them again.';
}

/** The same of a run whose best weights are damaged or gone, and of what is wrong with them. */
export function withoutEvaluation(problem: string): string {
  return `${problem}: the best weights were not evaluated`;
}

/** Below it the network takes most of the time, and faster reading would gain little. */
const halfOfTheTime = 0.5;

const withoutPictures =
  'This page has no pictures: they are encoded by sharp, whose binary was not installed (npm install --include=optional sharp).';

function waited(share: number): string {
  return `Training waited for pictures ${percent(share, 0)} of the time: reading, decoding and augmenting them limits this run, not the network.`;
}

function notesOn(evaluated: RunEvaluation | undefined): string[] {
  if (evaluated === undefined || evaluated.skipped.length === 0) return [];
  const { skipped, on } = evaluated;
  const [{ id, reason }] = skipped;
  return skipped.length === 1
    ? [`1 of the ${evaluatedOn[on]} could not be read and counts in no figure: ${id}: ${reason}`]
    : [
        `${count(skipped.length)} of the ${evaluatedOn[on]} could not be read and count in no figure, the first ${id}: ${reason}`,
      ];
}

/** The settings of a run for a person; what is disabled is left out. */
function settingsOf(run: RunReport): [string, string][] {
  const { model, recipe, preprocessing, seed, data } = run;
  const rows: [string, string | undefined][] = [
    ['data', data.path],
    [
      'model',
      [
        model.name,
        ...Object.entries(model.options).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
      ].join(' '),
    ],
    ['started from', run.begunWith],
    ['frozen', run.frozen],
    ...recipeRows(recipe),
    ['input', [preprocessing.channels, ...preprocessing.size].join('×')],
    ['mean', preprocessing.mean.map(digits3).join(', ')],
    ['standard deviation', preprocessing.std.map(digits3).join(', ')],
    ['training pictures', data.train && count(data.train.length)],
    ['validation pictures', validationRow(run)],
    ['test pictures', data.test && count(data.test.length)],
    ['seed', String(seed)],
    ['Cardinal', version()],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** Where the validation pictures come from: the data has its own, or some training pictures were held out. */
function validationRow({ data: { train, val, valHeldOut } }: RunReport): string | undefined {
  if (val === undefined) return undefined;
  if (!valHeldOut) return `${count(val.length)}, the data’s own`;
  const all = val.length + (train?.length ?? 0);
  return `${count(val.length)}, held out of ${count(all)} (${percent(val.length / all, 0)})`;
}
