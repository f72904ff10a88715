import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import { GrowingLine, type Line } from './growing-line.ts';

/** What a run's metrics come to, for charts and for its story: as small for a run of a million steps as for one of a hundred. Shares are in [0, 1]. */
export interface RunCurves {
  readonly loss: Pair;
  readonly accuracy: Pair;
  readonly learningRate: Line;
  readonly speed: Line;
  /** Steps that were told of. */
  readonly steps: number;
  /** Epochs done and validated. */
  readonly done: number;
  /** The best epoch so far, counted from 1, and the newest, by what validation came to. */
  readonly best: Validated | undefined;
  readonly last: Validated | undefined;
  /** Where it is; undefined before the first step. */
  readonly now: Now | undefined;
  /** How it ended; undefined while it trains, or if it was killed. */
  readonly end: End | undefined;
  /** Memory of the program that trains, in bytes. */
  readonly programBytes: number | undefined;
}

export interface Pair {
  readonly training: Line;
  readonly validation: Line;
}

export interface Validated {
  readonly epoch: number;
  readonly loss: number;
  /** Undefined where pictures are not of one class each. */
  readonly top1: number | undefined;
}

export interface Now {
  readonly epochs: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  /** Share of the time that steps waited for their pictures. */
  readonly waiting: number;
  readonly secondsLeft: number;
}

export interface End {
  /** `finished`, `interrupted`, `stopped-early` or `not-finite`. */
  readonly reason: string;
  readonly message: string | undefined;
  readonly epochs: number;
}

/** Takes a run's records as they are written, and gives what they come to so far. */
export class CurveBuilder {
  readonly #loss = { training: new GrowingLine(), validation: new GrowingLine() };
  readonly #accuracy = { training: new GrowingLine(), validation: new GrowingLine() };
  readonly #learningRate = new GrowingLine();
  readonly #speed = new GrowingLine();
  #steps = 0;
  #done = 0;
  #best: Validated | undefined;
  #last: Validated | undefined;
  #now: Now | undefined;
  #end: End | undefined;
  #programBytes: number | undefined;

  add(record: MetricsRecord): void {
    if (record.type === 'step') this.#step(record);
    else if (record.type === 'epoch') this.#epoch(record);
    else if (record.type === 'start') {
      this.#end = undefined;
      this.#programBytes = numberOrNone(record['programBytes']) ?? this.#programBytes;
    } else if (record.type === 'end') {
      const { reason, message } = record;
      this.#end = {
        reason: typeof reason === 'string' ? reason : 'ended',
        message: typeof message === 'string' ? message : undefined,
        epochs: this.#now?.epochs ?? 0,
      };
    }
  }

  get curves(): RunCurves {
    return {
      loss: pairOf(this.#loss),
      accuracy: pairOf(this.#accuracy),
      ...{ learningRate: this.#learningRate.line, speed: this.#speed.line },
      ...{ steps: this.#steps, done: this.#done, best: this.#best, last: this.#last },
      ...{ now: this.#now, end: this.#end, programBytes: this.#programBytes },
    };
  }

  #step(record: MetricsRecord): void {
    const number = (name: string): number => numberOrNone(record[name]) ?? Number.NaN;
    const epochs = number('step') / number('stepsPerEpoch');
    const [learningRate, imagesPerSecond] = [number('learningRate'), number('imagesPerSecond')];
    this.#end = undefined;
    this.#steps++;
    this.#loss.training.add(epochs, number('loss'));
    this.#accuracy.training.add(epochs, number('top1'));
    this.#learningRate.add(epochs, learningRate);
    this.#speed.add(epochs, imagesPerSecond);
    const rest = { waiting: number('waiting'), secondsLeft: number('secondsLeft') };
    this.#now = { epochs, learningRate, imagesPerSecond, ...rest };
  }

  #epoch(record: MetricsRecord): void {
    this.#done = (record.epoch ?? Number.NaN) + 1;
    const { validation } = record;
    if (!isRecord(validation)) return;
    const [loss, top1] = [numberOrNone(validation['loss']), numberOrNone(validation['top1'])];
    this.#loss.validation.add(this.#done, loss ?? Number.NaN);
    this.#accuracy.validation.add(this.#done, top1 ?? Number.NaN);
    this.#last = { epoch: this.#done, loss: loss ?? Number.NaN, top1 };
    if (record['best'] === true) this.#best = this.#last;
  }
}

function pairOf(lines: { readonly training: GrowingLine; readonly validation: GrowingLine }): Pair {
  return { training: lines.training.line, validation: lines.validation.line };
}

function numberOrNone(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
