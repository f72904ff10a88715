import { basename } from 'node:path';
import { CardinalError } from '../../base/errors.ts';
import { isHubName } from '../../hub/name.ts';
import { evaluatedOn, type RunEvaluation } from '../../run/report/evaluate-best.ts';
import { RunFolder } from '../../node/run-folder.ts';
import type { RunEvent } from '../../run/training/events.ts';
import type { RunRequest } from '../../node/training/options.ts';
import { trainRun } from '../../node/training/run.ts';
import type { RunOutcome } from '../../run/training/run.ts';
import { count } from '../../report/format.ts';
import type { Evaluation } from '../../train/metrics.ts';
import type { TrainResult } from '../../train/train.ts';
import { showDownloads, tellUnmatched } from '../loading.ts';
import { print, printJson, shellWord, tell } from '../output/print.ts';
import { onInterrupt, type Interrupt } from '../process/interrupt.ts';
import type { TrainFlags } from './flags.ts';
import { closingLines, continuingLines, openingLines } from './lines.ts';
import { modelOf, optionsOf, repeatCommand } from './options.ts';
import { progressView } from './progress.ts';

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

/** `cardinal train <data> --model M …` */
export async function startTraining(dataPath: string, flags: TrainFlags): Promise<void> {
  const { out } = flags;
  await runOnTerminal(
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

/** `cardinal train --resume DIR`. `asked` are the flags that were given: others than the run's are refused, or make it longer. */
export async function resumeTraining(
  path: string,
  flags: Pick<TrainFlags, 'json'>,
  asked: Partial<TrainFlags>,
): Promise<void> {
  await runOnTerminal(
    {
      source: undefined,
      model: modelOf(asked),
      options: { ...optionsOf(asked), out: path, resume: true },
    },
    flags,
  );
}

/** The name of a run's folder: its model and its data. */
function runName(model: string, data: string): string {
  return `${model}-${basename(data)}`.replace(/[^\w.-]+/g, '_');
}

/** Does a run: progress on stderr, results on stdout. */
export async function runOnTerminal(
  { options, ...request }: Pick<RunRequest, 'source' | 'model' | 'options'>,
  { json }: Pick<TrainFlags, 'json'>,
): Promise<RunOutcome> {
  const view = progressView();
  const downloads = await showDownloads(options.resume === true || isHubName(options.weights ?? ''));
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
        tell(openingLines(event));
        break;
      case 'continued':
        tell(continuingLines(event));
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
    const outcome = await trainRun({
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
    });
    if (outcome.result.reason === 'not-finite') throw new CardinalError(ending);
    tellOutcome(outcome, json, interrupt?.exitCode);
    return outcome;
  } finally {
    downloads.stop();
    view.stop();
    interrupt?.release();
  }
}

/**
 * Prints what came out. Throws a `CardinalError` if the best weights could not be evaluated: the run is done, the
 * figures are not there.
 */
function tellOutcome(outcome: RunOutcome, json: boolean, stoppedWith: number | undefined): void {
  const { path = '', report = '', withoutEvaluation } = outcome;
  if (json) printJson(summaryOf(outcome));
  else print(closingLines(path, outcome, stoppedWith !== undefined));
  process.exitCode = stoppedWith ?? process.exitCode;
  if (withoutEvaluation !== undefined) {
    throw new CardinalError(
      `${withoutEvaluation}; the run is done and ${report} written without: put a copy of the file back, and --resume ${shellWord(path)} evaluates it`,
    );
  }
}

function summaryOf({ path = '', report = '', result, evaluation: found }: RunOutcome): RunSummary {
  const { reason, step, history, best } = result;
  let evaluation: RunSummary['evaluation'] = null;
  if (found !== undefined) {
    const { on, total, correct, top1, top5, loss, perClass, confusion } = found;
    evaluation = { on, total, correct, top1, top5, loss, perClass, confusion };
  }
  return { run: path, reason, steps: step, epochs: history.length, best: best ?? null, evaluation, report };
}
