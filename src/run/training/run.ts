import { withEndings, type Endings } from '../../base/endings.ts';
import { UsageError } from '../../base/errors.ts';
import type { Backend } from '../../backends/backend.ts';
import { patience } from '../../train/early-stopping.ts';
import { createLoader } from '../../data/loader.ts';
import type { Share } from '../../data/share.ts';
import { evaluationBatch, openLoaders, type TrainingLoaders } from '../../train/loaders.ts';
import { tracedInputs, type FittedPlan } from '../../train/micro-batches.ts';
import { ownLossOf } from '../../train/loss.ts';
import { fitFor } from '../../train/run.ts';
import { recordedEvent } from '../../train/task-tally.ts';
import { fit, type TrainResult } from '../../train/train.ts';
import type { EngineChoice } from '../backends.ts';
import type { OpenBackend, RunPlatform } from '../platform.ts';
import { pictureListFile } from '../pictures/picture-list.ts';
import { prepareToBegin } from './begin.ts';
import { isMade } from './engine.ts';
import { RunLog } from './events.ts';
import { finish, type Finished } from './finish.ts';
import type { RunRequest } from './options.ts';
import { ownAugment } from './own-parts.ts';
import { RunPlace } from './place.ts';
import type { PreparedRun } from './prepared.ts';
import { fromFirst, onAll } from './together.ts';

/** What a run came to, as far as this process went. */
export interface RunOutcome extends Pick<PreparedRun, 'config' | 'data' | 'module'>, Finished {
  readonly result: TrainResult;
  /** The run's folder; undefined if nothing was written. */
  readonly path: string | undefined;
  /** What computed it, and what was asked to. */
  readonly backend: Pick<Backend, 'name' | 'numerics'>;
  readonly engine: EngineChoice;
}

/**
 * Does a run, from pictures to report: the one path of `trainOn`, the command line and studies. It is prepared (`begin.ts`,
 * `go-on.ts`), trained, its best weights are evaluated, and its report is written. A new folder is made when the first step
 * is about to be done, so a start that fails leaves none.
 *
 * Of several ranks, each calls it with the same request; the first has the folder and gets the events.
 *
 * Throws a `CardinalError` if data, network, weights and options do not fit together, a file cannot be read or written,
 * another process has the folder, or ranks differ.
 */
export async function trainRun(request: RunRequest, platform: RunPlatform): Promise<RunOutcome> {
  const { options } = request;
  const { ranks } = platform;
  if (ranks !== undefined) {
    const { agreeOnProgram } = await import('./among-ranks.ts');
    await agreeOnProgram(ranks, options);
  }
  await onAll(
    ranks,
    () => {
      requireConsistent(request);
    },
    'the start',
  );
  const isFirst = ranks === undefined || ranks.rank === 0;
  const log = new RunLog(isFirst ? request.onEvent : () => undefined);
  return withEndings(async (endings) => {
    const { takeOver, verify } = options;
    const onNotice = (message: string): Promise<void> => log.notice(message);
    const place = new RunPlace({ takeOver, verify, onNotice }, platform);
    endings.add(() => place.end());
    try {
      const run = await prepare(request, place, log, platform);
      return await carryOut(run, request, place, log, endings, platform);
    } catch (error) {
      place.fail();
      throw error;
    }
  });
}

/** Throws a `UsageError` for options that are of no use without others. */
function requireConsistent({ source, options }: RunRequest): void {
  const { resume, takeOver, weights, head, inChannels, partial, out } = options;
  const { valFraction, maxPixels, decodeSeconds, labels } = options;
  const forPath = Object.entries({ valFraction, maxPixels, decodeSeconds, labels }).find(
    ([, value]) => value !== undefined,
  );
  if (forPath !== undefined && typeof source === 'object') {
    throw new UsageError(
      `${forPath[0]} is for a path: pictures that are open already are split and read with the options that openData got`,
    );
  }
  const mayContinue = resume === true || resume === 'auto';
  if (mayContinue && typeof out !== 'string')
    throw new UsageError('to continue a run, name its folder with out');
  if (resume === true) return;
  if (!mayContinue && takeOver === true) {
    throw new UsageError('`takeOver` is for `resume`');
  }
  if (weights !== undefined) return;
  if (head === 'reset') {
    throw new UsageError("`head: 'reset'` is for `weights`: without them the classifier is fresh anyway");
  }
  const fit = inChannels !== undefined ? 'inChannels' : partial === true ? 'partial' : undefined;
  if (fit !== undefined) {
    throw new UsageError(
      `\`${fit}\` is for \`weights\`: a network without them is made for its pictures, or for \`options.inChannels\``,
    );
  }
}

/** Everything that a run needs, from its folder if it is to be continued. */
async function prepare(
  request: RunRequest,
  place: RunPlace,
  log: RunLog,
  platform: RunPlatform,
): Promise<PreparedRun> {
  const { ranks } = platform;
  const { resume = false } = request.options;
  if (resume !== false) {
    const { findEarlier, prepareToGoOn } = await import('./go-on.ts');
    const found = await findEarlier(request, place, log, platform);
    if (found !== undefined)
      return onAll(ranks, () => prepareToGoOn(found, request, log, platform), 'the start');
  }
  return onAll(ranks, () => prepareToBegin(request, log, undefined, platform), 'the start');
}

/** What a run is done with. */
interface Equipment {
  readonly backend: Backend;
  readonly loaders: TrainingLoaders;
  /** Where ranks train together, whose rows depend on it. */
  readonly fitted: FittedPlan | undefined;
}

async function equip(
  run: PreparedRun,
  { options }: RunRequest,
  endings: Endings,
  platform: RunPlatform,
): Promise<Equipment> {
  const { config, data, network, resume, checkpointActivations } = run;
  const { recipe, syncBatchNorm } = config;
  const { ranks } = platform;
  const loss = ownLossOf(options.loss);
  const evaluated = [data.val, data.test].flatMap((dataset) =>
    dataset === undefined ? [] : [evaluationBatch(recipe.batchSize, dataset)],
  );
  await platform.beforeTracing?.(tracedInputs(network.input, { recipe, evaluated }));
  const open = (share?: Share): TrainingLoaders => {
    const augment = ownAugment(options);
    const loaders = openLoaders(data, { ...config, share, augment }, (dataset, loading) =>
      createLoader(dataset, loading, platform.loaders),
    );
    endings.add(() => loaders.validation?.dispose());
    endings.add(() => loaders.train.dispose());
    return loaders;
  };
  const openBackend = async (): Promise<Backend> => {
    const opened = isMade(options.backend) ? given(options.backend) : await platform.openBackend(run.engine);
    endings.add(() => opened.end());
    return opened.backend;
  };
  if (ranks === undefined) return { loaders: open(), backend: await openBackend(), fitted: undefined };
  const backend = await openBackend();
  const fitted = fitFor({
    network,
    backend,
    recipe,
    resume,
    ranks,
    syncBatchNorm,
    checkpointActivations,
    loss,
  });
  const parts = recipe.batchSize / fitted.microBatchSize;
  return { loaders: open({ rank: ranks.rank, size: ranks.size, parts }), backend, fitted };
}

async function carryOut(
  run: PreparedRun,
  request: RunRequest,
  place: RunPlace,
  log: RunLog,
  endings: Endings,
  platform: RunPlatform,
): Promise<RunOutcome> {
  const { config, data, network, pictures, resume } = run;
  const { recipe, seed, preprocessing, weights } = config;
  const { options } = request;
  const { ranks } = platform;
  const equipment = await onAll(ranks, () => equip(run, request, endings, platform), 'the start');
  const { backend, loaders, fitted } = equipment;
  if (ranks !== undefined && fitted !== undefined) {
    const { agreeOnRun } = await import('./among-ranks.ts');
    await agreeOnRun(ranks, run, fitted, backend);
  }
  const path = await fromFirst(ranks, () => place.name(options.out, config), 'the run folder');
  const reached = resume && { ...resume.training.progress, unfrozen: resume.training.unfrozen !== undefined };
  const before =
    reached && (await fromFirst(ranks, () => place.folder?.rewindMetrics(reached), 'the metrics'));
  const signal = request.listen();
  const result = await fit({
    network,
    backend,
    data: loaders,
    fitted,
    ranks,
    syncBatchNorm: config.syncBatchNorm,
    loss: ownLossOf(options.loss),
    recipe,
    seed,
    preprocessing,
    pictures: [pictures.record, ...run.picturesBefore],
    conditions: pictures.conditions,
    origin: weights?.origin,
    licence: weights?.licence,
    store: path === undefined ? undefined : place,
    checkpointEvery: config.checkpointEvery,
    checkpointMinutes: config.checkpointMinutes,
    checkpointActivations: run.checkpointActivations,
    resume,
    history: before?.history,
    secondsBefore: before?.seconds,
    signal,
    stopWhen: config.patience === undefined ? undefined : patience(config.patience),
    onEvent: async (event) => {
      if (event.type === 'start') await onAll(ranks, () => start(run, backend, place, log), 'the run folder');
      if (event.type !== 'checkpoint') await place.folder?.appendMetrics(recordedEvent(event, data.task));
      await log.emit(event);
    },
  });
  const { folder } = place;
  const outcome = {
    result,
    config,
    data,
    module: run.module,
    path: folder?.path,
    backend,
    engine: run.engine,
  };
  if (result.reason === 'not-finite') {
    place.fail();
    return { ...outcome, evaluation: undefined, withoutEvaluation: undefined, report: undefined };
  }
  const means = { backend, folder, signal, isKept: path !== undefined };
  return { ...outcome, ...(await finish(run, result, means, options, log, platform)) };
}

/** A backend that whoever made it ends. */
function given(backend: Backend): OpenBackend {
  return { backend, end: () => Promise.resolve() };
}

/** Everything fits: writes down what the run is of, and says that it begins or goes on. */
async function start(run: PreparedRun, backend: Backend, place: RunPlace, log: RunLog): Promise<void> {
  const { config, data, pictures, resume } = run;
  const folder = await place.make();
  if (folder !== undefined) {
    if (run.isChanged) await folder.writeConfig(config);
    if (pictures.list !== undefined) await folder.write(pictureListFile, pictures.list);
    // A run may have been killed right after it was asked to go on for longer.
    const isLonger = resume !== undefined && config.recipe.epochs !== resume.training.recipe.epochs;
    if (isLonger) await folder.adoptRecipe(config.recipe);
  }
  if (resume === undefined) await log.emit({ type: 'begun', config, data, backend });
  else
    await log.emit({ type: 'continued', path: folder?.path ?? '', config, data, training: resume.training });
}
