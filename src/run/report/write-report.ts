import { countModel } from '../../cost/index.ts';
import { leftOutWords } from '../../data/left-out.ts';
import { count, digits3, percent } from '../../report/format.ts';
import { frozenWords, recipeRows, trainingLossWords } from '../../report/recipe.ts';
import { VERSION } from '../../base/version.ts';
import { faultLines } from '../folder/metrics-file.ts';
import type { FilePlatform } from '../folder/file-system.ts';
import { metricsName } from '../folder/run-folder.ts';
import { evaluatedOn, type RunEvaluation } from './evaluate-best.ts';
import { summarizeMetrics } from './metrics-summary.ts';
import { misclassifiedCsv } from './misclassified.ts';
import { misclassifiedFile, withoutExplanations, type ReportPlatform, type RunReport } from './run-report.ts';

/**
 * Writes `report.html` of a run, all its parts included if it was continued, and `misclassified.csv` if it was evaluated.
 * Gives the report's path.
 */
export async function writeReport(
  run: RunReport,
  platform: ReportPlatform & Pick<FilePlatform, 'paths'>,
): Promise<string> {
  // Plot and its document take a while to load, and a run that fails needs neither.
  const [{ renderReport }, pictures, { explainMistakes }] = await Promise.all([
    import('../../report/report.ts'),
    import('./pictures.ts'),
    import('./explain-mistakes.ts'),
  ]);
  const { folder, data, backend, model, module, preprocessing, command, evaluated } = run;
  const pictureShape = [preprocessing.channels, ...preprocessing.size] as const;
  const cost = countModel(module, pictureShape);
  const metrics = await summarizeMetrics(folder.readMetrics());
  const { steps, waiting, seconds, imagesPerSecond } = metrics;
  const dataset = data.test ?? data.val;
  const mistakes =
    evaluated === undefined
      ? []
      : [
          ...evaluated.samples.filter(({ label, predicted }) => label !== predicted),
          ...pictures.pairByPair(evaluated.misclassified),
        ];
  const explained = dataset && (await explainMistakes(mistakes, dataset, run, platform));
  const source = dataset && { dataset, folder: data.path, maps: explained?.maps };
  const page = renderReport({
    model: model.name,
    dataset: platform.paths.basename(data.path),
    date: new Date(),
    classes: data.classes,
    task: data.task,
    parameters: cost.params,
    macs: cost.macs,
    pictureShape,
    trainSamples: data.train?.length ?? 0,
    seconds,
    imagesPerSecond,
    waiting,
    machine: platform.machine(backend),
    steps,
    epochs: metrics.epochs.map(({ validation, ...epoch }) => ({
      type: 'epoch',
      ...epoch,
      ...(validation === undefined ? {} : { validation }),
    })),
    ...(evaluated === undefined
      ? {}
      : { evaluated: { on: evaluatedOn[evaluated.on], evaluation: evaluated } }),
    samples: evaluated && source ? await pictures.withPictures(evaluated.samples, source, platform) : [],
    misclassified:
      evaluated && source ? await pictures.withSomePictures(evaluated.misclassified, source, platform) : [],
    misclassifiedFile,
    reliability: evaluated?.reliability,
    skipped:
      evaluated?.skipped.map(({ id, reason }) => ({
        id: source ? platform.within(source.folder, id) : id,
        reason,
      })) ?? [],
    trainingLoss: trainingLossWords(run.recipe, data.task),
    leftOut: data.leftOut.map((item) => ({ ...item, what: leftOutWords(item) })),
    settings: settingsOf(run),
    ...(command === undefined ? {} : { command }),
    notes: [
      ...run.notes,
      ...(run.signal?.aborted === true && mistakes.some(({ index }) => explained?.maps.has(index) !== true)
        ? [withoutExplanations]
        : []),
      ...notesOn(evaluated),
      ...(explained?.problem === undefined ? [] : [withoutMaps(explained.problem)]),
      ...faultLines(metricsName, metrics.faults),
      ...(waiting > halfOfTheTime ? [waited(waiting)] : []),
      ...(platform.encode === undefined ? [withoutPictures] : []),
    ],
  });
  if (evaluated !== undefined && evaluated.scores === undefined) {
    await folder.write(misclassifiedFile, misclassifiedCsv(evaluated.misclassified, data.classes));
  }
  return folder.write('report.html', page);
}

/** Below it the network takes most of the time, and faster reading would gain little. */
const halfOfTheTime = 0.5;

const withoutPictures =
  'This page has no pictures: they are encoded by sharp, whose binary was not installed (npm install --include=optional sharp).';

function withoutMaps(problem: string): string {
  return `Mistakes are shown without maps of what the network looked at: ${problem}`;
}

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
    ['frozen', run.frozen && frozenWords(run.frozen, recipe)],
    ...recipeRows(recipe),
    ['input', [preprocessing.channels, ...preprocessing.size].join('×')],
    ['mean', preprocessing.mean.map(digits3).join(', ')],
    ['standard deviation', preprocessing.std.map(digits3).join(', ')],
    ['training pictures', data.train && count(data.train.length)],
    ['validation pictures', validationRow(run)],
    ['test pictures', data.test && count(data.test.length)],
    ['seed', String(seed)],
    ['Cardinal', VERSION],
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
