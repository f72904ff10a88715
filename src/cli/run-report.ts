import { basename } from 'node:path';
import { z } from 'zod';
import type { Backend } from '../backends/backend.ts';
import { countModel } from '../models/registry.ts';
import type { OpenData } from '../node/data/open.ts';
import type { MetricsRecord, RunFolder } from '../node/run-folder.ts';
import type { StepPoint } from '../report/data.ts';
import { digits3, percent } from '../report/format.ts';
import { recipeRows } from '../report/recipe.ts';
import { epochLineSchema } from '../train/progress.ts';
import { headFates, type RunConfig } from './run-config.ts';
import { machine } from './machine.ts';
import type { Judged } from './training.ts';

/** What `report.html` is made of, beside the numbers in the run folder. */
export interface RunReport {
  readonly config: RunConfig;
  readonly folder: RunFolder;
  readonly data: OpenData;
  readonly backend: Backend;
  readonly judged: Judged | undefined;
  /** Lines for the reader: what was left out, why the run ended early. */
  readonly notes: readonly string[];
}

/** Writes `report.html` of a run, all its parts included if it was continued, and gives its path. */
export async function writeReport({
  config,
  folder,
  data,
  backend,
  judged,
  notes,
}: RunReport): Promise<string> {
  // Plot and its document take a while to load, and a run that fails needs neither.
  const { renderReport } = await import('../report/report.ts');
  const { model, preprocessing, command } = config;
  const records = await folder.readMetrics();
  const steps = pick(records, 'step', stepSchema);
  const { params, macs } = countModel(
    model.name,
    [preprocessing.channels, ...preprocessing.size],
    model.options,
  );
  const waiting = median(steps.map((step) => step.waiting));
  const page = renderReport({
    model: model.name,
    dataset: basename(config.data),
    date: new Date(),
    classes: data.classes,
    parameters: params,
    macs,
    pictureShape: [preprocessing.channels, ...preprocessing.size],
    trainSamples: data.train?.length ?? 0,
    seconds: pick(records, 'end', endSchema).at(-1)?.seconds ?? 0,
    imagesPerSecond: median(steps.map(({ imagesPerSecond }) => imagesPerSecond)),
    waiting,
    machine: machine(backend),
    steps,
    epochs: pick(records, 'epoch', epochLineSchema).map(({ validation, ...epoch }) => ({
      type: 'epoch',
      ...epoch,
      ...(validation === undefined ? {} : { validation }),
    })),
    ...(judged === undefined ? {} : { judged: { on: judged.on, evaluation: judged.evaluation } }),
    samples: judged?.samples ?? [],
    settings: settingRows(config),
    command,
    notes: waiting > noticeable ? [...notes, limitedByPictures(waiting)] : notes,
  });
  return folder.write('report.html', page);
}

/** A share of waiting that is worth a line. */
const noticeable = 0.05;

function limitedByPictures(waiting: number): string {
  return `Training waited for pictures ${percent(waiting, 0)} of the time: reading, decoding and varying them limits this run, not the network.`;
}

const stepSchema = z.object({
  step: z.number(),
  stepsPerEpoch: z.number(),
  loss: z.number(),
  learningRate: z.number(),
  imagesPerSecond: z.number(),
  // Runs of earlier versions did not measure it.
  waiting: z.number().default(0),
}) satisfies z.ZodType<StepPoint>;
const endSchema = z.object({ seconds: z.number() });

/** The records of one type, read by its schema; a line that is none is left out. */
function pick<T>(records: readonly MetricsRecord[], type: string, schema: z.ZodType<T>): T[] {
  return records
    .filter((record) => record.type === type)
    .flatMap((record) => {
      const result = schema.safeParse(record);
      return result.success ? [result.data] : [];
    });
}

/** The settings of a run for a person; what is switched off is left out. */
export function settingRows(config: RunConfig): [string, string][] {
  const { model, recipe, preprocessing, seed, data } = config;
  const rows: [string, string | undefined][] = [
    ['data', data],
    [
      'model',
      [
        model.name,
        ...Object.entries(model.options).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
      ].join(' '),
    ],
    ['begun with', config.weights && `${config.weights.file}, classifier ${headFates[config.weights.head]}`],
    ['frozen', config.freeze?.join(' ')],
    ...recipeRows(recipe),
    ['input', [preprocessing.channels, ...preprocessing.size].join('×')],
    ['mean', preprocessing.mean.map(digits3).join(', ')],
    ['standard deviation', preprocessing.std.map(digits3).join(', ')],
    ['held out for validation', config.valFraction > 0 ? percent(config.valFraction, 0) : undefined],
    ['seed', String(seed)],
    ['Cardinal', config.cardinal],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b).at(Math.floor(values.length / 2)) ?? 0;
}
