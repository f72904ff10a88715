import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../../backends/backend.ts';
import { withEnding } from '../../base/endings.ts';
import { CardinalError } from '../../base/errors.ts';
import { augmentationWords } from '../../data/augmentations.ts';
import { leftOutLine } from '../../data/left-out.ts';
import type { PictureRecord } from '../../data/picture-record.ts';
import { openDataFor } from '../../node/data-for-weights.ts';
import { seenBefore } from '../../node/data/to-evaluate.ts';
import { openData } from '../../node/data/open.ts';
import type { OpenData } from '../../data/open-data.ts';
import { pictureListFile } from '../../node/data/picture-list.ts';
import { picturesOfRun, type RunPictures } from '../../node/data/run-pictures.ts';
import { trainingPictures } from '../../train/loaders.ts';
import { evaluatedOn, type RunEvaluation } from '../../node/report/evaluate-best.ts';
import { interruption, misclassifiedFile, withoutEvaluation } from '../../node/report/write-report.ts';
import { bestFile, lastFile, previousFile } from '../../node/checkpoints.ts';
import { isMissing } from '../../node/file-errors.ts';
import { metricsName, RunFolder } from '../../node/run-folder.ts';
import type { WeightsFile } from '../../node/weights-file.ts';
import { count } from '../../report/format.ts';
import type { Checkpoint } from '../../train/checkpoint.ts';
import type { Evaluation } from '../../train/metrics.ts';
import type { Network } from '../../train/network.ts';
import type { EpochRecord } from '../../train/progress.ts';
import type { TrainResult } from '../../train/train.ts';
import type { VerifyOptions } from '../../weights/digest.ts';
import type { TrainFlags } from './flags.ts';
import { configure } from './configure.ts';
import { continuedConfig, continuingLines, requireUnedited } from './continued.ts';
import { engineToBegin, engineToGoOn, flagsOf, givenEngine, withBackend, type Engine } from '../engine.ts';
import { onInterrupt } from '../process/interrupt.ts';
import { evaluationLines } from '../output/evaluation.ts';
import { openWeights } from '../loading.ts';
import { print, printJson, shellWord, tell, wrapped } from '../output/print.ts';
import { progressView, type ProgressView } from './progress.ts';
import { headFates, runConfigSchema, type RunConfig } from './run-config.ts';
import { buildNetwork, evaluateRun, reportRun, runName, trainRun } from './training.ts';
import { givenLimits } from '../flags/pictures.ts';

/** What a run came to, as `train --json` prints it. */
interface RunSummary {
  readonly run: string;
  readonly reason: TrainResult['reason'];
  readonly steps: number;
  readonly epochs: number;
  readonly best: TrainResult['best'] | null;
  /** Of the best weights; null if there was nothing to evaluate them on, or the run was interrupted. */
  readonly evaluation: (Evaluation & Pick<RunEvaluation, 'on'>) | null;
  readonly report: string;
}

/** What may differ when a run is continued: what its results do not depend on. */
export type OutputFlags = Engine & {
  readonly json: boolean;
  readonly checkpointActivations?: boolean;
  readonly takeOver?: true;
  readonly verify?: boolean;
};

/** What a run came to, as far as this process went. */
export interface Outcome {
  readonly result: TrainResult;
  readonly evaluated: RunEvaluation | undefined;
}

/** `cardinal train <data> --model M …` */
export async function startTraining(dataPath: string, flags: TrainFlags): Promise<void> {
  // The file is closed before training, which may take days.
  const begun = await withBeginning(flags.weights, flags, (weights) =>
    prepare(dataPath, flags, weights, (data) => configure(data, flags.model, flags, weights)),
  );
  const { data, config, earlier, network } = begun;
  const path = flags.out ?? (await RunFolder.freshPath('runs', runName(config.model.name, dataPath)));
  await newRun(path, config, network, data, flags, earlier);
}

/** What a run is of that begins. */
interface Beginning {
  readonly data: OpenData;
  readonly config: RunConfig;
  readonly network: Network;
  /** Which pictures the weights were trained on that it begins with. */
  readonly earlier: readonly PictureRecord[] | undefined;
}

type OpenFlags = Pick<TrainFlags, 'seed' | 'valFraction' | 'strict' | 'head' | 'maxPixels' | 'decodeSeconds'>;

/** Opens the weights that a run begins with, if there are some, for `begin`. */
function withBeginning(
  name: string | undefined,
  how: VerifyOptions,
  begin: (weights?: WeightsFile) => Promise<Beginning>,
): Promise<Beginning> {
  return name === undefined ? begin() : openWeights(name, begin, how);
}

async function prepare(
  dataPath: string,
  { head, ...how }: OpenFlags,
  weights: WeightsFile | undefined,
  configured: (data: OpenData) => Promise<RunConfig>,
): Promise<Beginning> {
  const { seed, valFraction, strict } = how;
  const pictures = { seed, valFraction, strict, ...givenLimits(how) };
  const data =
    weights === undefined
      ? await openData(dataPath, pictures)
      : await openDataFor(weights, head, dataPath, pictures);
  trainingPictures(data);
  const earlier = weights?.description?.pictures;
  const seen = await seenBefore(data, earlier);
  if (seen !== undefined) tell(`warning: ${seen}`);
  const config = await configured(data);
  return { data, config, earlier, network: await buildNetwork(config, weights) };
}

/** Trains in a new folder, which is made when the first step is about to be done. */
export async function newRun(
  path: string,
  config: RunConfig,
  network: Network,
  data: OpenData,
  flags: OutputFlags,
  earlier?: readonly PictureRecord[],
): Promise<Outcome> {
  const pictures = await picturesOfRun(data, { strict: config.strict });
  let folder: RunFolder | undefined;
  let succeeded = false;
  const end = (): Promise<void> | undefined => (succeeded ? folder?.close() : folder?.discard());
  return withEnding(end, () =>
    withBackend(flags, async (backend) => {
      const openFolder = async (): Promise<RunFolder> => {
        if (folder === undefined) {
          folder = await RunFolder.create(path, { onNotice: tell, verify: flags.verify });
          await folder.writeConfig(config);
          await writeList(folder, pictures);
          tell(opening(config, data, backend));
        }
        return folder;
      };
      const outcome = await work({ config, network, openFolder, data, pictures, backend, flags, earlier });
      succeeded = true;
      return outcome;
    }),
  );
}

/** `cardinal train --resume DIR`. `asked` are the flags that were given: others than the run's are refused, or make it longer. */
export async function resumeTraining(
  path: string,
  flags: OutputFlags,
  asked: Partial<TrainFlags>,
): Promise<void> {
  const { takeOver, verify } = flags;
  const folder = await RunFolder.open(path, { takeOver, verify, onNotice: tell });
  await withEnding(
    () => folder.close(),
    () => goOn(folder, flags, asked),
  );
}

async function goOn(folder: RunFolder, flags: OutputFlags, asked: Partial<TrainFlags>): Promise<void> {
  const { path } = folder;
  const config = await configOf(folder);
  if (!(await folder.hasBegun({ onNotice: tell }))) {
    await startOver(folder, continuedConfig(path, config, asked), flags, asked);
    return;
  }
  const checkpoint = await folder.checkpointToContinue();
  const { training } = checkpoint;
  if (training === undefined) {
    throw new CardinalError(`${path}/last.safetensors holds only weights: there is nothing to continue from`);
  }
  requireUnedited(path, config, checkpoint, training);
  const engine = await engineToGoOn(asked, training);
  const changed = continuedConfig(path, config, asked);
  const data = await openData(changed.data, {
    seed: changed.seed,
    valFraction: changed.valFraction,
    strict: changed.strict,
    ...givenLimits(changed),
    classes: checkpoint.classes,
  });
  const earlier = { path, checkpoint };
  const pictures = await picturesOfRun(data, { strict: changed.strict, earlier });
  if (changed !== config) await folder.writeConfig(changed);
  await writeList(folder, pictures);
  // A run may have been killed right after it was told to go on for longer.
  if (changed.recipe.epochs !== training.recipe.epochs) await folder.adoptRecipe(changed.recipe);
  const { seconds, history } = await folder.rewindMetrics(training.progress);
  const leftOut = leftOutLine(data.leftOut);
  if (leftOut !== undefined) tell(leftOut);
  tell(continuingLines(path, changed, training));
  const network = await buildNetwork(changed);
  await withBackend(engine, (backend) =>
    work({
      config: changed,
      network,
      openFolder: () => Promise.resolve(folder),
      data,
      pictures,
      backend,
      flags: { ...flags, ...engine },
      resume: checkpoint,
      history,
      secondsBefore: seconds,
    }),
  );
}

/** The settings of a run that is to go on. */
async function configOf(folder: RunFolder): Promise<RunConfig> {
  try {
    return await folder.readConfig(runConfigSchema);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const { path } = folder;
    throw new CardinalError(
      (await folder.remains()) === 'run'
        ? `${path} has no config.json, as a run that a program began: continue it there, with trainOn and resume: true`
        : `no run in ${path} that --resume could begin anew, it has no config.json: begin it with its own command, cardinal train <data> … --out ${path}`,
      { cause: error },
    );
  }
}

/** Begins a run anew that was ended before its first checkpoint, as its `config.json` says. */
async function startOver(
  folder: RunFolder,
  settings: RunConfig,
  flags: OutputFlags,
  asked: Partial<TrainFlags>,
): Promise<void> {
  const engine = engineToBegin(asked, settings);
  // Killed once more, it begins with what was asked for last.
  const config = { ...settings, engine: givenEngine(engine) };
  const { data, network, earlier } = await beginningOf(folder.path, config, flags);
  const pictures = await picturesOfRun(data, { strict: config.strict });
  const { checkpointActivations = config.checkpointActivations } = flags;
  const how = {
    ...flags,
    ...engine,
    ...(checkpointActivations === undefined ? {} : { checkpointActivations }),
  };
  await withBackend(engine, async (backend) => {
    await folder.writeConfig(config);
    await writeList(folder, pictures);
    tell(opening(config, data, backend));
    const openFolder = () => Promise.resolve(folder);
    await work({ config, network, openFolder, data, pictures, backend, flags: how, earlier });
  });
}

/** What the run in a folder was to begin with, once more. */
async function beginningOf(path: string, config: RunConfig, flags: VerifyOptions): Promise<Beginning> {
  const { weights: given, data, seed, valFraction, strict } = config;
  const how = { seed, valFraction, strict, head: given?.head ?? 'keep', ...givenLimits(config) };
  let isOpen = given === undefined;
  try {
    return await withBeginning(given && (given.path ?? given.file), flags, async (weights) => {
      isOpen = true;
      if (weights !== undefined) await requireSameWeights(path, config, weights);
      return prepare(data, how, weights, () => Promise.resolve(config));
    });
  } catch (error) {
    if (isOpen || !(error instanceof CardinalError)) throw error;
    throw new CardinalError(
      `the weights that the run in ${path} begins with cannot be had: ${error.message}; put them back, or begin another run`,
      { cause: error },
    );
  }
}

/** Throws a `CardinalError` unless the file holds what it held when the run was begun. */
async function requireSameWeights(path: string, { weights }: RunConfig, file: WeightsFile): Promise<void> {
  if (weights?.sha256 === undefined || weights.sha256 === (await file.digest())) return;
  throw new CardinalError(
    `${file.name} has changed since the run in ${path} was to begin with it: put the file back, or begin another run`,
  );
}

async function writeList(folder: RunFolder, { list }: RunPictures): Promise<void> {
  if (list !== undefined) await folder.write(pictureListFile, await list());
}

interface Work {
  readonly config: RunConfig;
  readonly network: Network;
  readonly openFolder: () => Promise<RunFolder>;
  readonly data: OpenData;
  readonly pictures: RunPictures;
  readonly backend: Backend;
  readonly flags: OutputFlags;
  readonly earlier?: readonly PictureRecord[] | undefined;
  readonly resume?: Checkpoint;
  readonly history?: readonly EpochRecord[];
  readonly secondsBefore?: number;
}

/** Trains, evaluates, reports. What went on is told on stderr, what came out is printed. */
async function work({ network, flags, ...parts }: Work): Promise<Outcome> {
  const { view, notes } = noting(progressView());
  const interrupt = onInterrupt('stopping with a checkpoint', (text) => {
    view.say(text);
  });
  const { checkpointActivations } = flags;
  const training = { ...parts, checkpointActivations, view, signal: interrupt.signal };
  const { warning: message } = parts.pictures;
  if (message !== undefined) view.show({ type: 'warning', message });
  try {
    const result = await trainRun(network, training);
    if (result.reason === 'not-finite') {
      throw new CardinalError(
        notes.at(-1) ?? 'the loss is not finite: training stopped, the last checkpoint is good',
      );
    }
    interrupt.will('stopping without an evaluation; the run is saved');
    const found = result.reason === 'interrupted' ? undefined : await evaluateRun(network, training);
    const [evaluated, problem] = typeof found === 'string' ? [undefined, found] : [found];
    view.stop();
    interrupt.will('stopping as soon as the report is written');
    const { exitCode } = interrupt;
    const stopped = exitCode !== undefined;
    if (stopped) notes.push(interruption(result));
    if (problem !== undefined) notes.push(withoutEvaluation(problem));
    const { path } = await parts.openFolder();
    const report = await reportRun(training, evaluated, notes);
    if (flags.json) printJson(summaryOf(path, result, evaluated, report));
    else print(closing(path, result, evaluated, stopped ? flagsOf(parts.backend, flags) : undefined));
    process.exitCode = interrupt.exitCode ?? process.exitCode;
    if (problem !== undefined) {
      throw new CardinalError(
        `${withoutEvaluation(problem)}; the run is done and ${report} written without: put a copy of the file back, and --resume ${shellWord(path)} evaluates it`,
      );
    }
    return { result, evaluated };
  } finally {
    interrupt.release();
  }
}

/** A view that also keeps warnings and the reason of the end, for the report. */
function noting(view: ProgressView): { readonly view: ProgressView; readonly notes: string[] } {
  const notes: string[] = [];
  return {
    notes,
    view: {
      ...view,
      show(event) {
        if ((event.type === 'warning' || event.type === 'end') && event.message !== undefined) {
          notes.push(event.message);
        }
        view.show(event);
      },
    },
  };
}

function opening(config: RunConfig, data: OpenData, backend: Backend): string[] {
  const { model, recipe, preprocessing, weights, freeze } = config;
  const { train, val, test } = data;
  const held = data.valHeldOut ? ' held out' : '';
  const parts = [
    `${count(train?.length ?? 0)} to train on`,
    ...(val === undefined ? [] : [`${count(val.length)}${held} to validate`]),
    ...(test === undefined ? [] : [`${count(test.length)} to test`]),
  ];
  const shape = [preprocessing.channels, ...preprocessing.size].join('×');
  const begun = weights && `begins with ${weights.file}, its classifier ${headFates[weights.head]}`;
  const frozen = freeze && `frozen: ${freeze.join(' ')}`;
  const leftOut = leftOutLine(data.leftOut);
  const beginning = [begun, frozen].filter((part) => part !== undefined).join('; ');
  return [
    `${model.name} on ${data.path}: ${data.classes.length} classes; pictures of ${shape}: ${parts.join(', ')}`,
    `recipe ${recipe.name}: ${recipe.epochs} ${recipe.epochs === 1 ? 'epoch' : 'epochs'}, batches of ${recipe.batchSize}${variedWords(recipe)}; ${backend.description}`,
    ...(beginning === '' ? [] : [beginning]),
    ...(leftOut === undefined ? [] : [leftOut]),
  ];
}

function variedWords({ augmentation, balance }: RunConfig['recipe']): string {
  const varied = augmentation && `pictures ${augmentationWords(augmentation)}`;
  const balanced = balance && `classes balanced by ${balance}`;
  return [varied, balanced].flatMap((part) => (part === undefined ? [] : [`; ${part}`])).join('');
}

function closing(
  path: string,
  { history }: TrainResult,
  evaluated: RunEvaluation | undefined,
  /** Of a run that was stopped: with which it goes on as it was computed. */
  engine: string | undefined,
): string[] {
  const files = [
    'report.html',
    ...(evaluated === undefined ? [] : [misclassifiedFile]),
    // A run that was interrupted in its first epoch has no best weights yet.
    ...(history.length === 0 ? [] : [bestFile]),
    ...[lastFile, previousFile].filter((name) => existsSync(join(path, name))),
    ...[metricsName, 'config.json', pictureListFile],
  ];
  return [
    ...(evaluated === undefined ? [] : ['', ...evaluationLines(evaluated, evaluatedOn[evaluated.on])]),
    '',
    ...(engine === undefined ? [] : [`continue with: cardinal train --resume ${shellWord(path)}${engine}`]),
    ...wrapped(`the run is in ${path}: ${files.join(', ')}`),
  ];
}

function summaryOf(
  run: string,
  { reason, step, history, best }: TrainResult,
  evaluated: RunEvaluation | undefined,
  report: string,
): RunSummary {
  let evaluation: RunSummary['evaluation'] = null;
  if (evaluated !== undefined) {
    const { on, total, correct, top1, top5, loss, perClass, confusion } = evaluated;
    evaluation = { on, total, correct, top1, top5, loss, perClass, confusion };
  }
  return { run, reason, steps: step, epochs: history.length, best: best ?? null, evaluation, report };
}
