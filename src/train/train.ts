import { CardinalError, DeviceLostError } from '../base/errors.ts';
import { nextTask } from '../base/next-task.ts';
import { visible } from '../base/quoted.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { untilAborted } from '../base/until-aborted.ts';
import type { Batch, BatchLoader } from '../data/dataset.ts';
import { Due } from './due.ts';
import type { EndEvent, EpochEvent, StepEvent, TrainEvent } from './events.ts';
import { Meter } from './meter.ts';
import type { EpochRecord } from './progress.ts';
import { NotFinite, Run, type LoopOptions } from './run.ts';
import { learningRateAt } from './schedule.ts';
import type { CheckpointKind } from './store.ts';
import type { Tensors } from './training-program.ts';

export type { LoopOptions } from './run.ts';

export interface TrainResult {
  readonly reason: EndEvent['reason'];
  /** Optimiser steps done, those of earlier parts of a continued run included. */
  readonly step: number;
  /** What the epochs came to; of a run that was continued without its `history`, those since. */
  readonly history: readonly EpochRecord[];
  readonly best: { readonly epoch: number; readonly top1: number } | undefined;
  /** The weights that the network got: the moving average if one is kept. Absent if they are not finite. */
  readonly state: StateDict | undefined;
}

/**
 * Trains a network and yields an event for each step, epoch and checkpoint. The caller's pace is the run's pace: the
 * next step begins when the next event is asked for, so what is done with an event (a line in a log, say) is done
 * before a checkpoint that follows it.
 *
 *     for await (const event of train({ network, backend, data, recipe, seed: 7, store })) console.log(event);
 *
 * Ends with an `end` event when the epochs are done, `signal` is aborted, `stopWhen` returns true, or the loss is NaN
 * or infinite; in the last case before the update, and without touching the last good checkpoint. Throws a
 * `CardinalError` if the parts do not fit together, a picture cannot be read or a checkpoint cannot be written; a
 * `DeviceLostError` if what computes goes away; its message has the step from which another backend can continue.
 */
export async function* train(options: LoopOptions): AsyncGenerator<TrainEvent, TrainResult, undefined> {
  const run = await Run.start(options);
  try {
    return yield* new Loop(run).events();
  } finally {
    await run.dispose();
  }
}

/**
 * Trains a network to the end and resolves to the result: `train` with a callback. `onEvent` is awaited for every
 * event. Throws as `train` does.
 */
export async function fit(
  options: LoopOptions & { readonly onEvent?: ((event: TrainEvent) => unknown) | undefined },
): Promise<TrainResult> {
  const outcome: { result?: TrainResult } = {};
  async function* observed(): AsyncGenerator<TrainEvent, void, undefined> {
    outcome.result = yield* train(options);
  }
  // `for await` ends the run, and frees its memory, if `onEvent` throws.
  for await (const event of observed()) await options.onEvent?.(event);
  if (outcome.result === undefined) throw new Error('training ended without a result');
  return outcome.result;
}

/** What a generator of this file gives while it runs. */
type Events<T> = AsyncGenerator<TrainEvent, T, undefined>;

/** Instead of a batch or a step: the run is to end. */
const interrupted = Symbol('interrupted');

class Loop {
  readonly #run: Run;
  readonly #now: () => number;
  readonly #meter: Meter;
  readonly #due: Due;
  readonly #recentLosses: number[] = [];
  readonly #skipped = new Map<BatchLoader, number>();
  readonly #startedAt: number;
  /** The step of the last checkpoint. */
  #savedStep: number | undefined;

  constructor(run: Run) {
    const { now = () => performance.now(), checkpointEvery, checkpointMinutes } = run.options;
    this.#run = run;
    this.#now = now;
    this.#meter = new Meter(now);
    this.#due = new Due({ every: checkpointEvery, minutes: checkpointMinutes }, now);
    this.#startedAt = now();
    this.#savedStep = run.options.resume?.training?.progress.step;
  }

  async *events(): Events<TrainResult> {
    const { options, progress, recipe, fitted } = this.#run;
    yield this.#run.startEvent();
    for (const message of this.#run.changes()) yield { type: 'warning', message };
    if (fitted.microBatchSize * recipe.accumulate < recipe.batchSize && progress.step === 0) {
      yield {
        type: 'warning',
        message:
          `a batch of ${recipe.batchSize} does not fit into memory: run as ${recipe.batchSize / fitted.microBatchSize} ` +
          `micro-batches of ${fitted.microBatchSize}; batch norm sees micro-batches`,
      };
    }
    const { length } = this.#run.history;
    if (length < progress.epoch) {
      yield {
        type: 'warning',
        message: `what ${length} of the ${progress.epoch} epochs so far came to is known: the run's history goes without the others (a checkpoint does not hold it; in a program, give history)`,
      };
    }
    let end: Pick<EndEvent, 'reason' | 'message'> = { reason: 'finished' };
    try {
      // So that a run that is killed before its first checkpoint can be continued, too.
      if (options.resume === undefined) yield* this.#saveLast();
      while (progress.epoch < recipe.epochs) {
        if (progress.batch === 0 && options.stopWhen?.(this.#run.history, progress) === true) {
          end = { reason: 'stopped-early' };
          break;
        }
        if (!(yield* this.#epoch())) {
          end = { reason: 'interrupted' };
          break;
        }
      }
    } catch (error) {
      if (error instanceof DeviceLostError) throw this.#withWayOn(error);
      if (!(error instanceof NotFinite)) throw error;
      end = { reason: 'not-finite', message: this.#explain(error) };
    }
    const state = end.reason === 'not-finite' ? undefined : await this.#handOver();
    yield { type: 'end', step: progress.step, seconds: this.#elapsed, ...end };
    return {
      reason: end.reason,
      step: progress.step,
      history: this.#run.history,
      best: progress.best,
      state,
    };
  }

  /** The rest of an epoch, its validation and its checkpoints. False if it was interrupted. */
  async *#epoch(): Events<boolean> {
    const { options } = this.#run;
    const before = this.#now();
    if (!(yield* this.#steps())) return false;
    const tensors = await this.#run.snapshot();
    // Validation may take long, too.
    if (this.#due.byClock) yield* this.#saveLast(tensors);
    let record: EpochRecord;
    try {
      record = await this.#validate(tensors);
    } catch (error) {
      if (options.signal?.aborted !== true || error !== options.signal.reason) throw error;
      yield* this.#saveLast(tensors);
      return false;
    }
    yield {
      type: 'epoch',
      ...record,
      epochs: this.#run.recipe.epochs,
      seconds: (this.#now() - before) / 1000,
      elapsed: this.#elapsed,
    } satisfies EpochEvent;
    this.#run.finishEpoch(record);
    // The best before the last: a run that is killed in between does the epoch again and writes both.
    if (record.best || record.validation === undefined)
      yield* this.#save('best', await this.#run.bestCheckpoint(tensors));
    yield* this.#saveLast(tensors);
    yield* this.#warnOfSkipped();
    return true;
  }

  /** Optimiser steps up to the end of the epoch. False if they were interrupted. */
  async *#steps(): Events<boolean> {
    const { options, progress, stepsPerEpoch } = this.#run;
    const { signal, data } = options;
    if (progress.batch >= stepsPerEpoch) return true;
    const batches = untilAborted(data.train.epoch(progress.epoch, progress.batch), signal);
    try {
      this.#meter.resume();
      while (progress.batch < stepsPerEpoch) {
        await nextTask();
        const batch = yield* this.#next(batches);
        if (batch === undefined) break;
        const event = batch === interrupted ? batch : await this.#step(batch);
        if (event === interrupted) {
          yield* this.#saveLast();
          return false;
        }
        yield event;
        if (progress.batch < stepsPerEpoch && this.#due.after(progress.step)) yield* this.#saveLast();
      }
    } finally {
      await batches.return();
    }
    return true;
  }

  /** The next batch. If it cannot be had, what was learned so far is saved before the error goes on. */
  async *#next(batches: AsyncIterator<Batch>): Events<Batch | typeof interrupted | undefined> {
    const { signal } = this.#run.options;
    let next: IteratorResult<Batch>;
    try {
      next = await this.#meter.waitFor(batches.next());
    } catch (error) {
      if (signal?.aborted === true && error === signal.reason) return interrupted;
      yield* this.#saveLast();
      throw error;
    }
    return next.done === true ? undefined : next.value;
  }

  /** A step; nothing is changed if it is given up. */
  async #step(batch: Batch): Promise<StepEvent | typeof interrupted> {
    const { recipe, progress, program, stepsPerEpoch, options } = this.#run;
    if (batch.size !== recipe.batchSize) {
      throw new CardinalError(
        `the training loader gave ${batch.size} pictures, expected ${recipe.batchSize}`,
      );
    }
    const learningRate = this.#learningRate();
    const result = await program.gradient(this.#run.weighed(batch), progress.step, options.signal);
    if (result === undefined) return interrupted;
    const { loss, correct } = result;
    if (!Number.isFinite(loss)) throw new NotFinite(`the loss is ${loss}`);
    const gradientNorm = await program.update(learningRate, progress.step);
    this.#meter.step();
    this.#recentLosses.push(loss);
    if (this.#recentLosses.length > 5) this.#recentLosses.shift();

    const { sums, epoch, batch: stepInEpoch } = progress;
    sums.loss += loss;
    sums.batches++;
    sums.seen += batch.size;
    sums.correct += correct;
    progress.step++;
    progress.batch++;
    const totalSteps = recipe.epochs * stepsPerEpoch;
    const stepsLeft = totalSteps - (epoch * stepsPerEpoch + progress.batch);
    return {
      type: 'step',
      epoch,
      step: progress.step,
      stepInEpoch,
      stepsPerEpoch,
      totalSteps,
      loss,
      meanLoss: sums.loss / sums.batches,
      top1: sums.correct / sums.seen,
      learningRate,
      imagesPerSecond: batch.size * this.#meter.stepsPerSecond,
      waiting: this.#meter.waiting,
      secondsLeft: this.#meter.secondsFor(stepsLeft, recipe.epochs - epoch),
      elapsed: this.#elapsed,
      ...(gradientNorm === undefined ? {} : { gradientNorm }),
    };
  }

  /** Validation at the end of an epoch, and what the epoch came to. */
  async #validate(tensors: Tensors): Promise<EpochRecord> {
    const { sums, epoch, step, best } = this.#run.progress;
    this.#meter.resume();
    const evaluation = await this.#run.validate(tensors);
    this.#meter.evaluation();
    const { loss = 0, top1 = 0, top5 = 0 } = evaluation ?? {};
    return {
      epoch,
      step,
      learningRate: this.#learningRate(),
      train: { loss: sums.loss / Math.max(sums.batches, 1), top1: sums.correct / Math.max(sums.seen, 1) },
      ...(evaluation === undefined ? {} : { validation: { loss, top1, top5 } }),
      best: evaluation !== undefined && (best === undefined || top1 > best.top1),
    };
  }

  async *#saveLast(tensors?: Tensors): Events<void> {
    if (this.#run.options.store === undefined) return;
    const begun = this.#now();
    yield* this.#save('last', await this.#run.lastCheckpoint(tensors ?? (await this.#run.snapshot())));
    this.#due.saved(begun);
  }

  async *#save(kind: CheckpointKind, bytes: Uint8Array): Events<void> {
    const { store } = this.#run.options;
    if (store === undefined) return;
    const path = await store.save(kind, bytes);
    if (kind === 'last') this.#savedStep = this.#run.progress.step;
    this.#meter.resume();
    yield { type: 'checkpoint', kind, path, step: this.#run.progress.step };
  }

  /** Tells of pictures that could not be read since the last time. */
  *#warnOfSkipped(): Generator<TrainEvent, void, undefined> {
    const { train, validation } = this.#run.options.data;
    for (const loader of validation === undefined ? [train] : [train, validation]) {
      const known = this.#skipped.get(loader) ?? 0;
      const count = loader.skipped.length - known;
      if (count === 0) continue;
      const { id, reason } = loader.skipped[known];
      this.#skipped.set(loader, loader.skipped.length);
      const what = count === 1 ? '1 picture is left out' : `${count} pictures are left out, the first`;
      yield { type: 'warning', message: visible(`${what}: ${id}: ${reason}`) };
    }
  }

  /** Gives the network its trained weights. */
  async #handOver(): Promise<StateDict> {
    const state = this.#run.program.averaged(await this.#run.program.snapshot());
    this.#run.options.network.loadStateDict(state);
    return state;
  }

  /** The rate of the step to come; at the end of an epoch, of the last one done. */
  #learningRate(): number {
    const { recipe, progress, stepsPerEpoch } = this.#run;
    // By epoch and batch, not by steps done: an epoch may have had fewer batches than foreseen.
    const step = progress.epoch * stepsPerEpoch + Math.min(progress.batch, stepsPerEpoch - 1);
    return learningRateAt(recipe.schedule, recipe.optimizer.learningRate, {
      step,
      stepsPerEpoch,
      epochs: recipe.epochs,
    });
  }

  /** Seconds that the run took until now, over all the processes that worked on it. */
  get #elapsed(): number {
    return (this.#run.options.secondsBefore ?? 0) + (this.#now() - this.#startedAt) / 1000;
  }

  /** The same error, which says what is left. */
  #withWayOn(error: DeviceLostError): DeviceLostError {
    const wayOn =
      this.#savedStep === undefined
        ? 'the run has no checkpoint: begin it again'
        : `resume the run, whose checkpoint is that of step ${this.#savedStep}`;
    return new DeviceLostError(`${error.message}; ${wayOn}`, { cause: error });
  }

  #explain(error: NotFinite): string {
    const { progress, recipe } = this.#run;
    const last = this.#recentLosses.map((loss) => loss.toPrecision(4)).join(', ');
    return (
      `${error.message} at step ${progress.step + 1} (epoch ${progress.epoch + 1}, learning rate ${this.#learningRate().toPrecision(3)}` +
      `${last === '' ? '' : `, losses before: ${last}`}): training stopped before the update, the last checkpoint is good; ` +
      `try a smaller learning rate${recipe.clipNorm === undefined ? ', clipping gradients' : ''} or a longer warm-up`
    );
  }
}
