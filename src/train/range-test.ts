import type { Backend } from '../backends/backend.ts';
import type { BatchLoader } from '../data/dataset.ts';
import type { Network } from './network.ts';
import type { Recipe } from './recipe.ts';
import { Run } from './run.ts';

/** One step of a range test. */
export interface RangePoint {
  readonly learningRate: number;
  readonly loss: number;
  /** Exponential moving average of the loss, without the bias of its beginning. */
  readonly smoothed: number;
}

/** What a range test says. */
export interface RangeVerdict {
  /** Where the loss falls fastest: a rate to train with. Undefined if it falls nowhere. */
  readonly suggestion: number | undefined;
  /** Where the loss is lowest: from here on training gets worse, and a tenth of it is a bold choice. */
  readonly lowest: number;
}

export interface RangeTestOptions {
  readonly network: Network;
  readonly backend: Backend;
  readonly loader: BatchLoader;
  /** Its optimiser and batches; the schedule and the learning rate are those of the test. */
  readonly recipe: Recipe;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

const decay = 0.9;
/** As fastai has it: the test ends when the smoothed loss is so many times the lowest. */
const explosion = 4;

/**
 * Trains with a learning rate that grows exponentially from step to step (Smith 2017, "Cyclical Learning Rates for Training Neural
 * Networks", section 3.3), and yields each step. Ends early when the loss explodes or is not finite. The network keeps the weights that
 * it had.
 */
export async function* rangeTest(options: RangeTestOptions): AsyncGenerator<RangePoint, void, undefined> {
  const { network, backend, loader, recipe, seed, from, to, steps } = options;
  const run = await Run.start({ network, backend, data: { train: loader }, recipe, seed });
  try {
    let average = 0;
    let lowest = Infinity;
    let step = 0;
    for (let epoch = 0; step < steps; epoch++) {
      for await (const batch of loader.epoch(epoch)) {
        if (step === steps) return;
        const learningRate = from * (to / from) ** (step / Math.max(1, steps - 1));
        const { loss } = await run.program.gradient(await run.weighed(batch), step);
        if (!Number.isFinite(loss)) return;
        average = decay * average + (1 - decay) * loss;
        const smoothed = average / (1 - decay ** (step + 1));
        yield { learningRate, loss, smoothed };
        lowest = Math.min(lowest, smoothed);
        if (step > 0 && smoothed > explosion * lowest) return;
        await run.program.update(learningRate, step);
        step++;
      }
    }
  } finally {
    await run.dispose();
  }
}

/** Reads the curve of a range test of at least one step. */
export function verdictOf(points: readonly RangePoint[]): RangeVerdict {
  const lowest = points.reduce((best, point) => (point.smoothed < best.smoothed ? point : best));
  const falling = points.slice(0, points.indexOf(lowest) + 1);
  let steepest = { slope: 0, learningRate: NaN };
  // The rates are evenly spaced on a logarithmic axis, so differences are slopes.
  for (let i = 1; i < falling.length - 1; i++) {
    const slope = falling[i + 1].smoothed - falling[i - 1].smoothed;
    if (slope < steepest.slope) steepest = { slope, learningRate: falling[i].learningRate };
  }
  return {
    suggestion: steepest.slope < 0 ? steepest.learningRate : undefined,
    lowest: lowest.learningRate,
  };
}
