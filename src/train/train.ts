import { CardinalError, DeviceLostError } from '../base/errors.ts';
import { nextTask } from '../base/next-task.ts';
import { visible } from '../base/quoted.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { untilAborted } from '../base/until-aborted.ts';
import type { Batch, BatchLoader } from '../data/dataset.ts';
import { Due } from './due.ts';
import type { EndEvent, EpochEvent, StepEvent, TrainEvent } from './events.ts';
import { Meter } from './meter.ts';
import type { EpochRecord, Progress } from './progress.ts';
import { StoppedTogether } from './ranks.ts';
import { NotFinite, Run, type LoopOptions } from './run.ts';
import { learningRateAt } from './schedule.ts';
import type { CheckpointKind } from './store.ts';
import { flatScores, rankOf } from './task-tally.ts';
import type { BatchResult, Tensors } from './training-program.ts';

export type { LoopOptions } from './run.ts';

/** The result of a run. */
export interface TrainResult {
  readonly reason: EndEvent['reason'];
  /** Optimiser steps done, those of earlier parts of a continued run included. */
  readonly step: number;
  /** What the epochs came to; of a run that was continued without its `history`, those since. */
  readonly history: readonly EpochRecord[];
  readonly best: Progress['best'];
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

/** A step that was done, and what the ranks told each other with it. */
interface StepDone extends Pick<BatchResult, 'stopping' | 'isDue'> {
  readonly event: StepEvent;
}

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
        const unfrozen = await this.#run.unfreezeIfDue();
        if (unfrozen !== undefined) yield unfrozen;
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
    if (await this.#isDueOnFirst()) yield* this.#saveLast(tensors);
    let record: EpochRecord;
    try {
      record = await this.#validate(tensors);
    } catch (error) {
      const isInterrupted = options.signal?.aborted === true && error === options.signal.reason;
      if (!isInterrupted && !(error instanceof StoppedTogether)) throw error;
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
      yield* this.#save('best', () => this.#run.bestCheckpoint(tensors));
    yield* this.#saveLast(tensors);
    yield* this.#warnOfSkipped();
    return true;
  }

  /** Optimiser steps up to the end of the epoch. False if they were interrupted. */
  async *#steps(): Events<boolean> {
    const { options, progress, stepsPerEpoch } = this.#run;
    const { signal, data, ranks } = options;
    if (progress.batch >= stepsPerEpoch) return true;
    // Ranks stop together, after a step that all have done.
    const ending = ranks === undefined ? signal : undefined;
    const batches = untilAborted(data.train.epoch(progress.epoch, progress.batch), ending);
    try {
      this.#meter.resume();
      while (progress.batch < stepsPerEpoch) {
        await nextTask();
        const batch = yield* this.#next(batches);
        if (batch === undefined) break;
        const done = batch === interrupted ? batch : await this.#step(batch);
        if (done !== interrupted) yield done.event;
        if (done === interrupted || (ranks !== undefined && done.stopping)) {
          yield* this.#saveLast();
          return false;
        }
        const isDue =
          this.#due.bySteps(progress.step) || (ranks === undefined ? this.#due.byClock : done.isDue);
        if (progress.batch < stepsPerEpoch && isDue) yield* this.#saveLast();
      }
    } finally {
      await batches.return();
    }
    return true;
  }

  /**
   * The next batch. If it cannot be had, what was learned so far is saved before the error goes on; not of several ranks, because the
   * others do not know of it.
   */
  async *#next(batches: AsyncIterator<Batch>): Events<Batch | typeof interrupted | undefined> {
    const { signal, ranks } = this.#run.options;
    let next: IteratorResult<Batch>;
    try {
      next = await this.#meter.waitFor(batches.next());
    } catch (error) {
      if (signal?.aborted === true && error === signal.reason) return interrupted;
      if (ranks === undefined) yield* this.#saveLast();
      throw error;
    }
    return next.done === true ? undefined : next.value;
  }

  /** A step; nothing is changed if it is given up. */
  async #step(batch: Batch): Promise<StepDone | typeof interrupted> {
    const { recipe, progress, program, stepsPerEpoch, options, rowsPerBatch } = this.#run;
    const { signal, ranks } = options;
    if (batch.size !== rowsPerBatch) {
      throw new CardinalError(`the training loader gave ${batch.size} pictures, expected ${rowsPerBatch}`);
    }
    const learningRate = this.#learningRate();
    const isDue = ranks?.rank === 0 && this.#due.byClock;
    const result = await program.gradient(await this.#run.weighed(batch), progress.step, { signal, isDue });
    if (result === undefined) return interrupted;
    const { loss, correct, ...told } = result;
    if (!Number.isFinite(loss)) throw new NotFinite(`the loss is ${loss}`);
    const gradientNorm = await program.update(learningRate, progress.step);
    this.#meter.step();
    this.#recentLosses.push(loss);
    if (this.#recentLosses.length > 5) this.#recentLosses.shift();

    const { sums, epoch, batch: stepInEpoch } = progress;
    sums.loss += loss;
    sums.batches++;
    sums.seen += recipe.batchSize;
    sums.correct += correct;
    progress.step++;
    progress.batch++;
    const totalSteps = recipe.epochs * stepsPerEpoch;
    const stepsLeft = totalSteps - (epoch * stepsPerEpoch + progress.batch);
    const event: StepEvent = {
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
      imagesPerSecond: recipe.batchSize * this.#meter.stepsPerSecond,
      waiting: this.#meter.waiting,
      secondsLeft: this.#meter.secondsFor(stepsLeft, recipe.epochs - epoch),
      elapsed: this.#elapsed,
      ...(gradientNorm === undefined ? {} : { gradientNorm }),
    };
    return { event, ...told };
  }

  /** Whether the clock says that a checkpoint is due: that of the first rank, where there are several. */
  async #isDueOnFirst(): Promise<boolean> {
    const { ranks } = this.#run.options;
    const isDue = this.#due.byClock;
    return ranks === undefined ? isDue : ranks.any(isDue && ranks.rank === 0, 'the end of an epoch');
  }

  /** Validation at the end of an epoch, and what the epoch came to. */
  async #validate(tensors: Tensors): Promise<EpochRecord> {
    const { sums, epoch, step, best } = this.#run.progress;
    this.#meter.resume();
    const evaluation = await this.#run.validate(tensors);
    this.#meter.evaluation();
    const { loss = 0, top1 = 0, top5 = 0 } = evaluation ?? {};
    const scores = flatScores(evaluation?.scores);
    const rank = rankOf({ top1, scores });
    return {
      epoch,
      step,
      learningRate: this.#learningRate(),
      train: { loss: sums.loss / Math.max(sums.batches, 1), top1: sums.correct / Math.max(sums.seen, 1) },
      ...(evaluation === undefined ? {} : { validation: { loss, top1, top5, ...(scores && { scores }) } }),
      best: evaluation !== undefined && (best === undefined || rank > (best.score ?? best.top1)),
    };
  }

  async *#saveLast(tensors?: Tensors): Events<void> {
    if (this.#run.options.store === undefined) return;
    const begun = this.#now();
    const kept = tensors ?? (await this.#run.snapshot());
    yield* this.#save('last', () => this.#run.lastCheckpoint(kept));
    this.#due.saved(begun);
  }

  /** Of several ranks the first writes, what all have. */
  async *#save(kind: CheckpointKind, bytes: () => Promise<Uint8Array>): Events<void> {
    const { store, ranks } = this.#run.options;
    if (store === undefined) return;
    const isWriter = ranks === undefined || ranks.rank === 0;
    const path = isWriter ? await store.save(kind, await bytes()) : '';
    if (kind === 'last') this.#savedStep = this.#run.progress.step;
    this.#meter.resume();
    if (isWriter) yield { type: 'checkpoint', kind, path, step: this.#run.progress.step };
  }

  /** Tells of pictures that could not be read since the last time, on any rank. */
  async *#warnOfSkipped(): Events<void> {
    const { data, ranks } = this.#run.options;
    for (const loader of data.validation === undefined ? [data.train] : [data.train, data.validation]) {
      const known = this.#skipped.get(loader) ?? 0;
      this.#skipped.set(loader, loader.skipped.length);
      const own = loader.skipped.slice(known);
      const all = ranks === undefined ? own : (await ranks.share(own, 'the end of an epoch')).flat();
      // Two ranks may need one picture.
      const reasons = new Map(all.map(({ id, reason }) => [id, reason]));
      if (reasons.size === 0) continue;
      const [first] = reasons;
      const what =
        reasons.size === 1 ? '1 picture is left out' : `${reasons.size} pictures are left out, the first`;
      yield { type: 'warning', message: visible(`${what}: ${first[0]}: ${first[1]}`) };
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
