import * as z from 'zod/mini';
import type { StepPoint } from '../../report/data.ts';
import { epochLineSchema } from '../../train/progress.ts';
import { Faults, type Fault, type MetricsLine } from '../folder/metrics-file.ts';

const stepSchema = z.object({
  step: z.number(),
  stepsPerEpoch: z.number(),
  loss: z.number(),
  learningRate: z.number(),
  imagesPerSecond: z.number(),
  // Runs of earlier versions did not measure it.
  waiting: z._default(z.number(), 0),
}) satisfies z.ZodMiniType<StepPoint>;
type Step = z.infer<typeof stepSchema>;
const endSchema = z.object({ seconds: z.number() });
export type EpochLine = z.infer<typeof epochLineSchema>;

/** What a report takes of `metrics.jsonl`, in memory that does not grow with the number of steps. */
export interface MetricsSummary {
  /** Every step of a run of some thousands; of a longer one the means of equally many neighbours. */
  readonly steps: readonly StepPoint[];
  readonly epochs: readonly EpochLine[];
  /** Of the end that was written last; 0 if there is none. */
  readonly seconds: number;
  /** Medians over steps; of a long run, over one of each few. */
  readonly imagesPerSecond: number;
  readonly waiting: number;
  readonly faults: readonly Fault[];
}

/** Steps of which each has a point; twice as many are brought down to it. */
const mostPoints = 8192;

export async function summarizeMetrics(
  lines: AsyncIterable<MetricsLine>,
  most = mostPoints,
): Promise<MetricsSummary> {
  const steps = new Steps(most);
  const epochs: EpochLine[] = [];
  const faults = new Faults();
  let seconds = 0;
  for await (const line of lines) {
    const { record, number } = line;
    faults.note(line);
    if (record === undefined) continue;
    const take = <T>(schema: z.ZodMiniType<T>, use: (value: T) => void): void => {
      const read = schema.safeParse(record);
      if (read.success) use(read.data);
      else faults.note({ number, fault: `it is no ${record.type} as a run writes it` });
    };
    if (record.type === 'step')
      take(stepSchema, (step) => {
        steps.add(step);
      });
    else if (record.type === 'epoch') take(epochLineSchema, (epoch) => epochs.push(epoch));
    else if (record.type === 'end')
      take(endSchema, (end) => {
        seconds = end.seconds;
      });
  }
  const points = steps.points();
  return {
    steps: points,
    epochs,
    seconds,
    imagesPerSecond: median(points.map((point) => point.imagesPerSecond)),
    waiting: median(points.map((point) => point.waiting)),
    faults: faults.all,
  };
}

/** Means of equally many neighbours, of twice as many whenever there are too many of them. */
class Steps {
  readonly #most: number;
  #points: Step[] = [];
  /** Those that do not make a point yet. */
  #waiting: Step[] = [];
  #size = 1;

  constructor(most: number) {
    this.#most = most;
  }

  add(step: Step): void {
    this.#waiting.push(step);
    if (this.#waiting.length < this.#size) return;
    this.#points.push(mean(this.#waiting));
    this.#waiting = [];
    if (this.#points.length < 2 * this.#most) return;
    const points = this.#points;
    this.#points = Array.from({ length: this.#most }, (_, i) => mean(points.slice(2 * i, 2 * i + 2)));
    this.#size *= 2;
  }

  points(): readonly Step[] {
    return this.#waiting.length === 0 ? this.#points : [...this.#points, mean(this.#waiting)];
  }
}

/** Throughput and waiting, of which medians are taken, are those of the first: a mean would be drawn by every pause. */
function mean(steps: readonly Step[]): Step {
  const [first] = steps;
  if (steps.length === 1) return first;
  const of = (value: (step: Step) => number): number =>
    steps.reduce((sum, step) => sum + value(step), 0) / steps.length;
  return {
    ...first,
    step: of(({ step }) => step),
    loss: of(({ loss }) => loss),
    learningRate: of(({ learningRate }) => learningRate),
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b).at(Math.floor(values.length / 2)) ?? 0;
}
