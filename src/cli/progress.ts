import type { SingleBar } from 'cli-progress';
import pc from 'picocolors';
import { digits3, duration, percent } from '../report/format.ts';
import type { EpochEvent, StartEvent, StepEvent, TrainEvent } from '../train/events.ts';
import { mebibytes } from '../train/micro-batches.ts';
import { newBar } from './bar.ts';

/** Shows a training run while it goes: a live bar on a terminal, a line now and then anywhere else. */
export interface ProgressView {
  show(event: TrainEvent): void;
  /** Takes the bar away, so that other lines can be written. */
  stop(): void;
}

export function progressView(stream: NodeJS.WriteStream = process.stderr): ProgressView {
  return stream.isTTY ? bar(stream) : lines(stream);
}

/** One bar an epoch; when the epoch is done, its line stays in the bar's place. */
function bar(stream: NodeJS.WriteStream): ProgressView {
  let current: SingleBar | undefined;
  const stop = (): void => {
    current?.stop();
    current = undefined;
  };
  return {
    stop,
    show(event) {
      if (event.type === 'step') {
        current ??= startBar(stream, event);
        current.update(event.stepInEpoch, barPayload(event));
      } else if (event.type === 'epoch') {
        stop();
        stream.write(`${epochLine(event)}\n`);
      } else if (event.type === 'start') {
        stream.write(memoryLine(event));
      } else if (event.type === 'warning') {
        stop();
        stream.write(`${pc.yellow('warning:')} ${event.message}\n`);
      } else if (event.type === 'end') {
        stop();
      }
    },
  };
}

function startBar(stream: NodeJS.WriteStream, event: StepEvent): SingleBar {
  const started = newBar(stream, '{epoch} {bar} loss {loss}  top-1 {top1}  {rate}/s  {left} left');
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
  return {
    stop: () => undefined,
    show(event) {
      if (event.type === 'step' && Date.now() - last >= pause) {
        last = Date.now();
        const { epoch, loss, top1, rate, left } = barPayload(event);
        stream.write(
          `${epoch} step ${event.stepInEpoch}/${event.stepsPerEpoch}: loss ${loss}, top-1 ${top1}, ${rate} images/s, ${left} left\n`,
        );
      } else if (event.type === 'epoch') {
        last = Date.now();
        stream.write(`${epochLine(event)}\n`);
      } else if (event.type === 'start') {
        stream.write(memoryLine(event));
      } else if (event.type === 'warning') {
        stream.write(`warning: ${event.message}\n`);
      }
    },
  };
}

/** What recomputing activations saves, if it was asked for. */
function memoryLine({ programBytes, keepingAllBytes }: StartEvent): string {
  if (keepingAllBytes === undefined) return '';
  return programBytes === keepingAllBytes
    ? 'recomputing activations would save nothing here: all are kept\n'
    : `recomputing activations: the program takes ${mebibytes(programBytes)} instead of ${mebibytes(keepingAllBytes)}\n`;
}

function epochLine({ epoch, epochs, train, validation, seconds, best }: EpochEvent): string {
  const number = `${String(epoch + 1).padStart(String(epochs).length)}/${epochs}`;
  const learned = `training loss ${train.loss.toFixed(3)}, top-1 ${percent(train.top1, 1)}`;
  const judged =
    validation === undefined
      ? ''
      : `   validation loss ${validation.loss.toFixed(3)}, top-1 ${percent(validation.top1, 1)}${best ? ' (best)' : ''}`;
  return `epoch ${number}   ${learned}${judged}   ${duration(seconds)}`;
}
