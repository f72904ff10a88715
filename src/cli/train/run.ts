import { basename } from 'node:path';
import { CardinalError } from '../../base/errors.ts';
import { isAddress } from '../../data/address.ts';
import { isHubName } from '../../hub/name.ts';
import { evaluatedOn, type RunEvaluation } from '../../run/report/evaluate-best.ts';
import { asRank } from '../../node/mpi/as-rank.ts';
import type { MpiCommunicator } from '../../node/mpi/communicator.ts';
import { AgreedError } from '../../node/mpi/errors.ts';
import { keepaliveFlags } from '../../node/mpi/launch.ts';
import { agreeToStop } from '../../node/mpi/stop.ts';
import { RunFolder } from '../../node/run-folder.ts';
import type { RunEvent } from '../../run/training/events.ts';
import type { RunRequest } from '../../node/training/options.ts';
import { trainRun } from '../../node/training/run.ts';
import type { RunOutcome } from '../../run/training/run.ts';
import { count } from '../../report/format.ts';
import type { Evaluation } from '../../train/metrics.ts';
import type { TrainResult } from '../../train/train.ts';
import { evaluationJson } from '../output/evaluation.ts';
import { showDownloads, tellUnmatched } from '../loading.ts';
import { print, printJson, shellWord, tell } from '../output/print.ts';
import { predictProgress, type PredictProgress } from '../predict/progress.ts';
import { onInterrupt, type Interrupt } from '../process/interrupt.ts';
import type { TrainFlags } from './flags.ts';
import { closingLines, continuingLines, openingLines } from './lines.ts';
import { modelOf, optionsOf, repeatCommand } from './options.ts';
import { progressView, type ProgressView } from './progress.ts';

/** What a run came to, as `train --json` prints it. */
interface RunSummary {
  readonly run: string;
  readonly reason: TrainResult['reason'];
  readonly steps: number;
  readonly epochs: number;
  /** With its top-1, or the `score` of labels (mAP) or numbers (−RMSE). */
  readonly best: Partial<NonNullable<TrainResult['best']>> | null;
  /** Of the best weights; null if there was nothing to evaluate them on, or the run was interrupted. */
  readonly evaluation: (Partial<Evaluation> & Pick<RunEvaluation, 'on'>) | null;
  readonly report: string;
}

/** `cardinal train <data> --model M …` */
export async function startTraining(dataPath: string, flags: TrainFlags): Promise<void> {
  const { out } = flags;
  await trainTogether(
    {
      source: dataPath,
      model: modelOf(flags),
      options: {
        ...optionsOf(flags),
        out: out ?? (({ model }) => RunFolder.freshPath('runs', runName(model.name, dataPath))),
      },
    },
    flags,
  );
}

/** `cardinal train <data> --weights W --probe …`. `asked` are the flags that were given. */
export async function startProbe(dataPath: string, asked: Partial<TrainFlags>): Promise<void> {
  const { trainProbe } = await import('../../node/training/probe.ts');
  const { out } = asked;
  let progress: PredictProgress | undefined;
  await runOnTerminal(
    {
      source: dataPath,
      model: modelOf(asked),
      options: {
        ...optionsOf(asked),
        out: out ?? (({ model }) => RunFolder.freshPath('runs', runName(`${model.name}-probe`, dataPath))),
      },
    },
    { json: asked.json ?? false },
    undefined,
    (request) =>
      trainProbe(request, (done, of) => {
        progress ??= predictProgress(of);
        progress.done(done);
      }).finally(() => progress?.stop()),
  );
}

/** `cardinal train --resume DIR`. `asked` are the flags that were given: others than the run's are refused, or make it longer. */
export async function resumeTraining(
  path: string,
  flags: Pick<TrainFlags, 'json'>,
  asked: Partial<TrainFlags>,
): Promise<void> {
  await trainTogether(
    {
      source: undefined,
      model: modelOf(asked),
      options: { ...optionsOf(asked), out: path, resume: true },
    },
    flags,
  );
}

/** `cardinal train <data> … --out DIR --resume auto`: begins the run, or continues it if it is there. */
export async function startOrResumeTraining(
  dataPath: string,
  out: string,
  flags: Pick<TrainFlags, 'json'>,
  asked: Partial<TrainFlags>,
): Promise<void> {
  await trainTogether(
    {
      source: dataPath,
      model: modelOf(asked),
      // Flags that were not given have their usual values in a run that begins, and are not compared in one that goes on.
      options: { ...optionsOf(asked), out, resume: 'auto' },
    },
    flags,
  );
}

/** Does a run with the ranks that mpirun started, or alone. */
async function trainTogether(
  request: Pick<RunRequest, 'source' | 'model' | 'options'>,
  flags: Pick<TrainFlags, 'json'>,
): Promise<void> {
  await asRank((communicator) => runOnTerminal(request, flags, communicator), { onNotice: tell });
}

/** The name of a run's folder: its model and its data. */
function runName(model: string, data: string): string {
  return `${model}-${basename(data)}`.replace(/[^\w.-]+/g, '_');
}

/** Whether data may have to be fetched, or converted, which takes a while. */
function mayBeAway(source: RunRequest['source']): boolean {
  return typeof source === 'string' && (isAddress(source) || source.endsWith('.parquet'));
}

/** Does a run: progress on stderr, results on stdout. Of several ranks the first one tells of it. */
export async function runOnTerminal(
  { options, ...request }: Pick<RunRequest, 'source' | 'model' | 'options'>,
  { json }: Pick<TrainFlags, 'json'>,
  communicator?: MpiCommunicator,
  work: typeof trainRun = trainRun,
): Promise<RunOutcome> {
  const isFirst = communicator === undefined || communicator.rank === 0;
  const view = isFirst ? progressView() : silentView;
  const mayDownload =
    options.resume === true || isHubName(options.weights ?? '') || mayBeAway(request.source);
  const downloads = await showDownloads(isFirst && mayDownload);
  let interrupt: Interrupt | undefined;
  let ending = 'the loss is not finite: training stopped, the last checkpoint is good';
  const show = (event: RunEvent): void => {
    switch (event.type) {
      case 'notice':
        tell(event.message);
        break;
      case 'weights-opened':
        downloads.stop();
        for (const note of event.notes) tell(`note: ${note}`);
        break;
      case 'weights-loaded':
        tellUnmatched(event.loaded);
        break;
      case 'begun':
        tell(openingLines(event, communicator?.size));
        tellLostHosts(communicator);
        break;
      case 'continued':
        tell(continuingLines(event));
        tellLostHosts(communicator);
        break;
      case 'evaluating':
        interrupt?.will('stopping without an evaluation; the run is saved');
        view.say(`evaluating on ${count(event.pictures)} ${evaluatedOn[event.on]}`);
        break;
      case 'reporting':
        view.stop();
        interrupt?.will('stopping as soon as the report is written');
        break;
      case 'end':
        ending = event.message ?? ending;
        view.show(event);
        break;
      default:
        view.show(event);
    }
  };
  try {
    const outcome = await work(
      {
        ...request,
        options: { ...options, hub: downloads.hub },
        command: repeatCommand(),
        onEvent: show,
        listen: () => {
          interrupt = onInterrupt('stopping with a checkpoint', (text) => {
            view.say(text);
          });
          return interrupt.signal;
        },
      },
      communicator,
    );
    const own = interrupt?.exitCode;
    const stoppedWith = communicator === undefined ? own : agreeToStop(communicator, own ?? 0)?.code;
    process.exitCode = stoppedWith ?? process.exitCode;
    if (isFirst && outcome.result.reason !== 'not-finite')
      tellOutcome(outcome, json, stoppedWith !== undefined, communicator?.size);
    const failure = failureOf(outcome, ending);
    if (failure !== undefined)
      throw communicator === undefined ? new CardinalError(failure) : new AgreedError(failure);
    return outcome;
  } finally {
    downloads.stop();
    view.stop();
    interrupt?.release();
  }
}

/** Only where the launcher would wait for them. */
function tellLostHosts(communicator: MpiCommunicator | undefined): void {
  const flags = communicator && keepaliveFlags(process.env, communicator);
  if (flags !== undefined)
    tell(`note: if a host is lost, mpirun would wait for it for minutes; next time add ${flags} to it`);
}

const silentView: ProgressView = { show: () => undefined, say: () => undefined, stop: () => undefined };

/** Prints what came out. */
function tellOutcome(outcome: RunOutcome, json: boolean, isStopped: boolean, ranks?: number): void {
  if (json) printJson(summaryOf(outcome));
  else print(closingLines(outcome.path ?? '', outcome, isStopped, ranks));
}

/**
 * Why the command fails although the run went its way: a loss that is not finite, which `ending` tells, or best weights that could not
 * be evaluated. Then the run is done, and the figures are not there.
 */
function failureOf({ result, ...outcome }: RunOutcome, ending: string): string | undefined {
  const { path = '', report = '', withoutEvaluation } = outcome;
  if (result.reason === 'not-finite') return ending;
  if (withoutEvaluation === undefined) return undefined;
  return `${withoutEvaluation}; the run is done and ${report} written without: put a copy of the file back, and --resume ${shellWord(path)} evaluates it`;
}

function summaryOf({ path = '', report = '', result, evaluation: found }: RunOutcome): RunSummary {
  const { reason, step, history, best } = result;
  let evaluation: RunSummary['evaluation'] = null;
  if (found !== undefined) {
    const { on, total, correct, top1, top5, loss, perClass, confusion, scores } = found;
    const whole = { total, correct, top1, top5, loss, perClass, confusion, ...(scores && { scores }) };
    evaluation = { on, ...evaluationJson(whole) };
  }
  return {
    ...{ run: path, reason, steps: step, epochs: history.length },
    best:
      best === undefined ? null : best.score === undefined ? best : { epoch: best.epoch, score: best.score },
    ...{ evaluation, report },
  };
}
