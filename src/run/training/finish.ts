import type { Backend } from '../../backends/backend.ts';
import type { StateDict } from '../../base/tensor-data.ts';
import type { Checkpoint } from '../../train/checkpoint.ts';
import type { TrainingRanks } from '../../train/ranks.ts';
import type { TrainResult } from '../../train/train.ts';
import { evaluateBest, type RunEvaluation } from '../report/evaluate-best.ts';
import { interruption, withoutEvaluation } from '../report/run-report.ts';
import type { RunPlatform } from '../platform.ts';
import type { RunFolder } from '../folder/run-folder.ts';
import { classifierFates } from './config.ts';
import type { RunLog } from './events.ts';
import { fromFirst } from './together.ts';
import type { RunOptions } from './options.ts';
import type { PreparedRun } from './prepared.ts';

/** What is made of a run when training is over. */
export interface Finished {
  /** Undefined if nothing was evaluated. */
  readonly evaluation: RunEvaluation | undefined;
  /** Why nothing was, where the best weights are damaged or gone: a line. */
  readonly withoutEvaluation: string | undefined;
  /** Path of `report.html`; undefined if it was not asked for. */
  readonly report: string | undefined;
}

/** What it takes. */
interface Means {
  readonly backend: Backend;
  readonly folder: RunFolder | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether the run has a folder, be it the first rank's. */
  readonly isKept: boolean;
}

/** Evaluates the best weights of a run, or those that the network got where there is no folder, and writes its report. */
export async function finish(
  run: PreparedRun,
  result: TrainResult,
  means: Means,
  { evaluate = true, report }: Pick<RunOptions, 'evaluate' | 'report'>,
  log: RunLog,
  platform: RunPlatform,
): Promise<Finished> {
  const { backend, folder, signal } = means;
  const isEvaluated = evaluate && result.reason !== 'interrupted';
  const found = isEvaluated ? await evaluateRun(run, result, means, log, platform) : undefined;
  const [evaluated, problem] = typeof found === 'string' ? [undefined, withoutEvaluation(found)] : [found];
  if (signal?.aborted === true) log.notes.push(interruption(result));
  if (problem !== undefined) log.notes.push(problem);
  const path =
    folder !== undefined && report !== false
      ? await reportRun(run, { backend, folder, signal }, evaluated, report === true, log, platform)
      : undefined;
  return { evaluation: evaluated?.evaluation, withoutEvaluation: problem, report: path };
}

/** What was evaluated, and what came of it. */
interface Evaluated {
  readonly state: StateDict;
  readonly evaluation: RunEvaluation;
}

/** Undefined if there are no pictures to evaluate on, or `signal` is aborted; what is wrong with the weights if they are damaged. */
async function evaluateRun(
  { config, data, network }: PreparedRun,
  { state: trained }: TrainResult,
  { backend, folder, signal, isKept }: Means,
  log: RunLog,
  platform: RunPlatform,
): Promise<Evaluated | string | undefined> {
  const pictures = data.test ?? data.val;
  if (pictures === undefined) return undefined;
  const on = data.test === undefined ? 'val' : 'test';
  await log.emit({ type: 'evaluating', on, pictures: pictures.length });
  const { ranks } = platform;
  const best = isKept ? await bestWeights(folder, ranks) : undefined;
  if (typeof best === 'string') return best;
  const state = best?.state ?? trained;
  if (state === undefined) return undefined;
  const { preprocessing, recipe, seed, strict } = config;
  const { batchSize } = recipe;
  const evaluation = await evaluateBest(
    { network, state, data, backend, preprocessing, batchSize, seed, strict, signal, ranks },
    platform.loaders,
  );
  return evaluation && { state, evaluation };
}

/** The best weights, or what is wrong with them. Of several ranks the first has the folder, and all get them. */
async function bestWeights(
  folder: RunFolder | undefined,
  ranks: TrainingRanks | undefined,
): Promise<Checkpoint | string | undefined> {
  if (ranks === undefined) return await folder?.bestWeights();
  let own: Checkpoint | undefined;
  const problem = await fromFirst(
    ranks,
    async () => {
      const found = await folder?.bestWeights();
      if (typeof found === 'string') return found;
      own = found;
      return undefined;
    },
    'the best weights',
  );
  const { checkpointFromFirst } = await import('./among-ranks.ts');
  return problem ?? (await checkpointFromFirst(ranks, own, 'the best weights'));
}

async function reportRun(
  { config, data, module, network }: PreparedRun,
  { backend, folder, signal }: Pick<Means, 'backend' | 'signal'> & { readonly folder: RunFolder },
  evaluated: Evaluated | undefined,
  isAsked: boolean,
  log: RunLog,
  { writeReport }: RunPlatform,
): Promise<string | undefined> {
  if (writeReport === undefined) {
    await log.warn(isAsked ? `no report is written here: ${elsewhere}` : undefined);
    return undefined;
  }
  await log.emit({ type: 'reporting' });
  const { recipe, preprocessing, seed, command, weights, freeze } = config;
  return writeReport({
    ...{ folder, data, backend, module, recipe, preprocessing, seed, command, notes: log.notes },
    ...{ evaluated: evaluated?.evaluation, best: evaluated?.state, signal },
    model: network.description,
    begunWith: weights && `${weights.file}, classifier ${classifierFates[weights.head]}`,
    frozen: freeze?.join(' '),
  });
}

const elsewhere = 'cardinal train --resume writes it, once the run folder is on a machine with Node';
