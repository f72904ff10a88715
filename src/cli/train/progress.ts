import { pc } from '../output/colours.ts';
import { count, digits3, duration, percent } from '../../report/format.ts';
import type { StartEvent, StepEvent, TrainEvent, UnfrozenEvent } from '../../train/events.ts';
import { mebibytes } from '../../base/mebibytes.ts';
import { newBar, type Bar } from '../output/bar.ts';
import { epochSentence, EpochTable } from './epoch-lines.ts';
import { inFlags } from '../output/in-flags.ts';
import { writeLines } from '../output/lines.ts';
import { wrapped } from '../output/print.ts';
import { transientLine } from '../output/transient.ts';

/** Shows a training run while it goes: a live bar on a terminal, a line now and then anywhere else. */
export interface ProgressView {
  show(event: TrainEvent): void;
  /** Says what is being done until something else is shown. On a terminal it then goes away. */
  say(text: string): void;
  /** Takes the bar away, so that other lines can be written. */
  stop(): void;
}

export function progressView(stream: NodeJS.WriteStream = process.stderr): ProgressView {
  return stream.isTTY ? bar(stream) : lines(stream);
}

/** One bar an epoch; when the epoch is done, its line stays in the bar's place. */
function bar(stream: NodeJS.WriteStream): ProgressView {
  let current: Bar | undefined;
  const notice = transientLine(stream);
  let table = new EpochTable(stream.columns);
  let isOfClasses = true;
  let headed = false;
  const stop = (): void => {
    current?.stop();
    current = undefined;
    notice.clear();
  };
  return {
    stop,
    say(text) {
      stop();
      notice.show(text);
    },
    show(event) {
      // A notice holds until there is more to see than another step.
      if (event.type === 'step' && notice.isShown) return;
      if (event.type === 'step') {
        current ??= startBar(stream, event, isOfClasses);
        current.update(event.stepInEpoch, barPayload(event));
      } else if (event.type === 'epoch') {
        stop();
        writeLines(stream, headed ? [] : [table.header(event)], table.row(event));
        headed = true;
      } else if (event.type === 'start') {
        isOfClasses = event.task === undefined;
        table = new EpochTable(stream.columns, isOfClasses);
        writeLines(stream, memoryLines(event));
      } else if (event.type === 'unfrozen') {
        stop();
        writeLines(stream, unfrozenLine(event));
      } else if (event.type === 'warning') {
        stop();
        writeLines(stream, wrapped(`${pc.yellow('warning:')} ${inFlags(event.message)}`, stream));
      } else if (event.type === 'end') {
        stop();
      }
    },
  };
}

function startBar(stream: NodeJS.WriteStream, event: StepEvent, isOfClasses: boolean): Bar {
  const hits = isOfClasses ? '  top-1 {top1}' : '';
  const format = `{epoch} {bar} loss {loss}${hits}  {rate}/s  {left} left`;
  const narrow = `{epoch} {bar} {${isOfClasses ? 'top1' : 'loss'}}  {left} left`;
  const started = newBar(stream, stream.columns < 76 ? narrow : format);
  started.start(event.stepsPerEpoch, event.stepInEpoch, barPayload(event));
  return started;
}

function barPayload(event: StepEvent): Record<string, string> {
  const epochs = Math.round(event.totalSteps / event.stepsPerEpoch);
  return {
    epoch: `epoch ${event.epoch + 1}/${epochs}`,
    loss: event.meanLoss.toFixed(3),
    top1: percent(event.top1, 1),
    rate: digits3(event.imagesPerSecond),
    left: duration(event.secondsLeft),
  };
}

/** Log files want few lines: each epoch, and within an epoch one every ten seconds. */
function lines(stream: NodeJS.WriteStream): ProgressView {
  const pause = 10_000;
  let last = Date.now();
  let isOfClasses = true;
  return {
    stop: () => undefined,
    say(text) {
      writeLines(stream, text);
    },
    show(event) {
      if (event.type === 'step' && Date.now() - last >= pause) {
        last = Date.now();
        const { epoch, loss, top1, rate, left } = barPayload(event);
        const done = percent(event.step / event.totalSteps, 0);
        writeLines(
          stream,
          `${epoch} step ${event.stepInEpoch}/${event.stepsPerEpoch} (${done} of the run): loss ${loss}, ${isOfClasses ? `top-1 ${top1}, ` : ''}${rate} images/s, ${left} left`,
        );
      } else if (event.type === 'epoch') {
        last = Date.now();
        writeLines(stream, epochSentence(event, isOfClasses));
      } else if (event.type === 'start') {
        isOfClasses = event.task === undefined;
        writeLines(stream, memoryLines(event));
      } else if (event.type === 'unfrozen') {
        writeLines(stream, unfrozenLine(event));
      } else if (event.type === 'warning') {
        writeLines(stream, `warning: ${inFlags(event.message)}`);
      }
    },
  };
}

function unfrozenLine({ epoch, trainableParameters, programBytes }: UnfrozenEvent): string {
  return `from epoch ${epoch + 1} on all ${count(trainableParameters)} parameters are trained, in ${mebibytes(programBytes)}`;
}

/** What recomputing activations saves, if it was asked for. */
function memoryLines({ programBytes, keepingAllBytes }: StartEvent): string[] {
  if (keepingAllBytes === undefined) return [];
  return [
    programBytes === keepingAllBytes
      ? 'recomputing activations would save nothing here: all are kept'
      : `recomputing activations: ${mebibytes(programBytes)} instead of ${mebibytes(keepingAllBytes)}`,
  ];
}
