import { withEndings, type Endings } from '../../base/endings.ts';
import { UsageError } from '../../base/errors.ts';
import type { Backend } from '../../backends/backend.ts';
import { patience } from '../../train/early-stopping.ts';
import { createLoader } from '../../data/loader.ts';
import { evaluationBatch, openLoaders } from '../../train/loaders.ts';
import { tracedInputs } from '../../train/micro-batches.ts';
import { fit, type TrainResult } from '../../train/train.ts';
import type { EngineChoice } from '../backends.ts';
import type { OpenBackend, RunPlatform } from '../platform.ts';
import { pictureListFile } from '../pictures/picture-list.ts';
import { prepareToBegin } from './begin.ts';
import { continuedSettings } from './continued-settings.ts';
import { isMade } from './engine.ts';
import { RunLog } from './events.ts';
import { finish, type Finished } from './finish.ts';
import type { RunRequest } from './options.ts';
import { RunPlace } from './place.ts';
import type { PreparedRun } from './prepared.ts';
import { findRun } from './reopen.ts';
import { prepareToContinue } from './resume.ts';

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
 * `resume.ts`), trained, its best weights are evaluated, and its report is written. A new folder is made when the first step
 * is about to be done, so a start that fails leaves none.
 *
 * Throws a `CardinalError` if data, network, weights and options do not fit together, a file cannot be read or written, or
 * another process has the folder.
 */
export async function trainRun(request: RunRequest, platform: RunPlatform): Promise<RunOutcome> {
  const { options } = request;
  requireConsistent(request);
  const log = new RunLog(request.onEvent);
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
  const { valFraction, maxPixels, decodeSeconds } = options;
  const forPath = Object.entries({ valFraction, maxPixels, decodeSeconds }).find(
    ([, value]) => value !== undefined,
  );
  if (forPath !== undefined && typeof source === 'object') {
    throw new UsageError(
      `${forPath[0]} is for a path: pictures that are open already are split and read with the options that openData got`,
    );
  }
  if (resume === true) {
    if (typeof out !== 'string') throw new UsageError('to continue a run, name its folder with out');
    return;
  }
  if (takeOver === true) {
    throw new UsageError('--take-over is for --resume (in a program, takeOver is for resume)');
  }
  if (weights !== undefined) return;
  if (head === 'reset') {
    throw new UsageError(
      "--head reset is for --weights (in a program, head: 'reset' is for weights): without them the classifier is fresh anyway",
    );
  }
  const fit =
    inChannels !== undefined
      ? ['--in-channels', 'inChannels']
      : partial === true
        ? ['--partial', 'partial']
        : undefined;
  if (fit !== undefined) {
    throw new UsageError(
      `${fit[0]} is for --weights (in a program, ${fit[1]} is for weights): a network without them is made for its pictures, or for --set inChannels`,
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
  const { resume, out } = request.options;
  if (resume !== true || typeof out !== 'string') return prepareToBegin(request, log, undefined, platform);
  const folder = await place.reopen(out);
  const { config, checkpoint } = await findRun(folder, request.command === undefined, log, platform);
  if (checkpoint !== undefined) {
    return prepareToContinue(request, log, out, config, checkpoint, platform);
  }
  const settings = config && continuedSettings(out, config, request, platform);
  return prepareToBegin(request, log, settings && { path: out, config: settings }, platform);
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
  const evaluated = [data.val, data.test].flatMap((dataset) =>
    dataset === undefined ? [] : [evaluationBatch(recipe.batchSize, dataset)],
  );
  await platform.beforeTracing?.(tracedInputs(network.input, { recipe, evaluated }));
  const loaders = openLoaders(data, config, (dataset, loading) =>
    createLoader(dataset, loading, platform.loaders),
  );
  endings.add(() => loaders.validation?.dispose());
  endings.add(() => loaders.train.dispose());
  const opened = isMade(options.backend) ? given(options.backend) : await platform.openBackend(run.engine);
  endings.add(() => opened.end());
  const { backend } = opened;
  const path = await place.name(options.out, config);
  const before = resume && (await place.folder?.rewindMetrics(resume.training.progress));
  const signal = request.listen();
  const result = await fit({
    network,
    backend,
    data: loaders,
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
      if (event.type === 'start') await start(run, backend, place, log);
      if (event.type !== 'checkpoint') await place.folder?.appendMetrics(event);
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
  return { ...outcome, ...(await finish(run, result, { backend, folder, signal }, options, log, platform)) };
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
    if (pictures.list !== undefined) await folder.write(pictureListFile, await pictures.list());
    // A run may have been killed right after it was asked to go on for longer.
    const isLonger = resume !== undefined && config.recipe.epochs !== resume.training.recipe.epochs;
    if (isLonger) await folder.adoptRecipe(config.recipe);
  }
  if (resume === undefined) await log.emit({ type: 'begun', config, data, backend });
  else
    await log.emit({ type: 'continued', path: folder?.path ?? '', config, data, training: resume.training });
}
