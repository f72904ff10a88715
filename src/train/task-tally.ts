import { exp, log } from '../base/portable-math.ts';
import { sum } from '../base/sum.ts';
import type { BatchLoader, Dataset } from '../data/dataset.ts';
import type { Targets } from '../data/task.ts';
import { rowsOfAll } from './add-up.ts';
import type { TrainEvent } from './events.ts';
import type { Evaluation, LabelScores, NumberErrors, NumberScores, TaskScores } from './metrics.ts';
import type { TrainingRanks } from './ranks.ts';

/** Keeps what a network gave and should have given, for scores that need all of it at once. */
export class TaskTally {
  readonly #task: Targets['task'];
  readonly #names: readonly string[];
  readonly #outputs: number[] = [];
  readonly #targets: number[] = [];

  constructor(task: Targets['task'], names: readonly string[]) {
    this.#task = task;
    this.#names = names;
  }

  /** Outputs N×K and targets of the first `rows` rows; further ones are padding. */
  add(outputs: Float32Array, targets: Float32Array, rows: number): void {
    const count = rows * this.#names.length;
    for (let at = 0; at < count; at++) {
      this.#outputs.push(outputs[at]);
      this.#targets.push(targets[at]);
    }
  }

  /**
   * What it comes to; with what other ranks kept, if there are some. Throws a `CardinalError` on all of them if none could read a picture
   * of the loader.
   */
  async evaluation(ranks: TrainingRanks | undefined, loader: BatchLoader): Promise<Evaluation> {
    const own = { outputs: this.#outputs, targets: this.#targets };
    const { outputs, targets } = ranks === undefined ? own : await rowsOfAll(own, ranks, loader);
    return evaluationOfTask(this.#task, this.#names, outputs, targets);
  }
}

/** What outputs N×K come to beside targets N×K. Shares of nothing are 0. */
export function evaluationOfTask(
  task: Targets['task'],
  names: readonly string[],
  outputs: readonly number[],
  targets: readonly number[],
): Evaluation {
  const width = names.length;
  const columns = names.map((name, k) => {
    const of = (all: readonly number[]): number[] =>
      Array.from({ length: all.length / width }, (_, row) => all[row * width + k]);
    return { name, outputs: of(outputs), targets: of(targets) };
  });
  const lossOf = task === 'labels' ? binaryEntropy : squaredError;
  const loss = mean(outputs.map((output, at) => lossOf(output, targets[at])));
  const scores: TaskScores = task === 'labels' ? labelScores(columns) : numberScores(columns);
  return {
    ...{ total: outputs.length / width, correct: 0, top1: 0, top5: 0, loss },
    ...{ perClass: [], confusion: [], scores },
  };
}

interface Column {
  readonly name: string;
  readonly outputs: readonly number[];
  readonly targets: readonly number[];
}

function labelScores(columns: readonly Column[]): LabelScores {
  const counted = columns.map(({ name, outputs, targets }) => {
    const isTrue = targets.map((target) => target > 0.5);
    // A logit over 0 is a probability over one half.
    const hits = outputs.filter((output, at) => output > 0 && isTrue[at]).length;
    const predicted = outputs.filter((output) => output > 0).length;
    const total = isTrue.filter(Boolean).length;
    return { name, hits, predicted, total, averagePrecision: averagePrecision(outputs, isTrue) };
  });
  const perLabel = counted.map(({ name, hits, predicted, total, averagePrecision: precision }) => ({
    ...{ name, total, averagePrecision: precision },
    ...{ precision: ratio(hits, predicted), recall: ratio(hits, total) },
    f1: ratio(2 * hits, predicted + total),
  }));
  const all = (of: (label: (typeof counted)[number]) => number): number => sum(counted.map(of));
  return {
    task: 'labels',
    mAP: mean(perLabel.filter(({ total }) => total > 0).map((label) => label.averagePrecision)),
    microF1: ratio(
      2 * all(({ hits }) => hits),
      all(({ predicted, total }) => predicted + total),
    ),
    macroF1: mean(perLabel.map(({ f1 }) => f1)),
    perLabel,
  };
}

/** Σ (Rₙ − Rₙ₋₁)·Pₙ over thresholds at the distinct scores, highest first: equals come together. */
export function averagePrecision(scores: readonly number[], isTrue: readonly boolean[]): number {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
  const total = isTrue.filter(Boolean).length;
  let [hits, before, precision] = [0, 0, 0];
  for (const [place, index] of order.entries()) {
    if (isTrue[index]) hits++;
    const next = order.at(place + 1);
    if (next !== undefined && scores[next] === scores[index]) continue;
    precision += ((hits - before) / Math.max(total, 1)) * (hits / (place + 1));
    before = hits;
  }
  return precision;
}

function numberScores(columns: readonly Column[]): NumberScores {
  const perNumber = columns.map(({ name, outputs, targets }) => {
    const errors = targets.map((target, at) => target - outputs[at]);
    const average = mean(targets);
    const residual = sum(errors.map((error) => error ** 2));
    const spread = sum(targets.map((target) => (target - average) ** 2));
    return {
      name,
      mae: mean(errors.map(Math.abs)),
      rmse: Math.sqrt(ratio(residual, errors.length)),
      r2: spread === 0 ? Number(residual === 0) : 1 - residual / spread,
    };
  });
  const of = (value: (errors: NumberErrors) => number): number => mean(perNumber.map(value));
  return {
    task: 'numbers',
    mae: of(({ mae }) => mae),
    rmse: Math.sqrt(of(({ rmse }) => rmse ** 2)),
    r2: of(({ r2 }) => r2),
    perNumber,
  };
}

/** −t·log p − (1 − t)·log(1 − p) with p = sigmoid(x), without overflow. */
function binaryEntropy(x: number, t: number): number {
  return Math.max(x, 0) - x * t + log(1 + exp(-Math.abs(x)));
}

function squaredError(output: number, target: number): number {
  return (output - target) ** 2;
}

function mean(values: readonly number[]): number {
  return ratio(sum(values), values.length);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** The tally of pictures that are not of one class each; undefined if they are. */
export function taskTallyOf({ targets, classes }: Dataset): TaskTally | undefined {
  return targets && new TaskTally(targets.task, classes);
}

/** The figures over all labels or numbers, by name. */
export function flatScores(scores: TaskScores | undefined): Record<string, number> | undefined {
  if (scores === undefined) return undefined;
  if (scores.task === 'labels') {
    const { mAP, microF1, macroF1 } = scores;
    return { mAP, microF1, macroF1 };
  }
  const { mae, rmse, r2 } = scores;
  return { mae, rmse, r2 };
}

/** What tells how good an epoch is, the higher the better: top-1, of labels mAP, of numbers the root mean squared error below zero. */
export function rankOf({
  top1,
  scores,
}: {
  readonly top1: number;
  readonly scores?: Readonly<Record<string, number>> | undefined;
}): number {
  if (scores === undefined) return top1;
  return 'mAP' in scores ? scores['mAP'] : -scores['rmse'];
}

/** What is predicted, if not one class a picture. */
export function taskOf({ targets }: Dataset): { readonly task?: Targets['task'] } {
  return targets === undefined ? {} : { task: targets.task };
}

/** An event as `metrics.jsonl` has it: without top-1 where pictures are not of one class each. */
export function recordedEvent(event: TrainEvent, task: Targets['task'] | undefined): object {
  if (task === undefined || (event.type !== 'step' && event.type !== 'epoch')) return event;
  const bare = (key: string, value: unknown): unknown => (/^top[15]$/.test(key) ? undefined : value);
  return JSON.parse(JSON.stringify(event, bare)) as object;
}
