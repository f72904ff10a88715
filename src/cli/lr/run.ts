import { withEnding } from '../../base/endings.ts';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { untilAborted } from '../../base/until-aborted.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { isHubName } from '../../hub/name.ts';
import { parseSet } from '../../models/options.ts';
import { createLoader } from '../../node/data/loader.ts';
import { writeFileAtomic } from '../../node/files.ts';
import { runPlatform } from '../../node/run-platform.ts';
import { prepareToBegin } from '../../run/training/begin.ts';
import { RunLog, type RunEvent } from '../../run/training/events.ts';
import { openLoaders } from '../../train/loaders.ts';
import type { Loss } from '../../train/loss.ts';
import { rangeTest, verdictOf, type RangePoint } from '../../train/range-test.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import type { FitFlags, ModelFlags } from '../flags/weights.ts';
import { showDownloads, tellUnmatched } from '../loading.ts';
import { print, printJson, tell } from '../output/print.ts';
import { count, duration } from '../../report/format.ts';
import { alignColumns } from '../output/table.ts';
import { predictProgress } from '../predict/progress.ts';
import { onInterrupt } from '../process/interrupt.ts';

/** Flags of `cardinal lr`. */
export interface LrFlags extends EngineFlags, FitFlags, ModelFlags, PictureLimitOptions {
  readonly labels?: string;
  readonly loss?: Loss;
  readonly model?: string;
  readonly weights?: string;
  readonly head?: 'keep' | 'reset';
  readonly freeze?: readonly string[];
  readonly recipe: string;
  readonly batchSize?: number;
  readonly imageSize?: number;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly steps: number;
  readonly out: string;
  readonly json: boolean;
}

/** `cardinal lr`: a learning-rate range test. Only the chart is written. */
export async function findLearningRate(source: string, flags: LrFlags): Promise<void> {
  const { from, to, steps, set = [] } = flags;
  if (to <= from) throw new UsageError(`--to: expected a rate above --from ${from}, got ${to}`);
  const { weights, head, freeze, recipe, batchSize, imageSize, seed, inChannels, partial, verify } = flags;
  const { maxPixels, decodeSeconds, model, labels, loss } = flags;
  const downloads = await showDownloads(isHubName(weights ?? ''));
  const log = new RunLog((event) => {
    tellEvent(event);
  });
  const run = await prepareToBegin(
    {
      source,
      model: { ...(model === undefined ? {} : { name: model }), options: parseSet(set) },
      options: {
        ...{ weights, head, freeze, recipe, batchSize, imageSize, seed, inChannels, partial, verify },
        ...{ maxPixels, decodeSeconds, labels, loss },
      },
      command: undefined,
      onEvent: tellEvent,
      listen: () => undefined,
    },
    log,
    undefined,
    runPlatform(downloads.hub),
  ).finally(() => {
    downloads.stop();
  });
  const { config, data, network } = run;
  const { train, validation } = openLoaders({ ...data, val: undefined }, config, createLoader);
  const points: RangePoint[] = [];
  const title = `Learning rates for ${network.description.name} on ${data.path}`;
  const progress = predictProgress(steps, process.stderr, process.stdout, 'steps');
  await withEnding(
    () => Promise.all([train.dispose(), validation?.dispose()]),
    () =>
      withBackend({ ...flags, isolated: true }, async (backend) => {
        const test = { network, backend, loader: train, recipe: config.recipe, seed, from, to, steps };
        const interrupt = onInterrupt('stopping with what was measured', (text) => {
          progress.stop();
          tell(text);
        });
        tell(
          `${title}: ${count(steps)} steps from ${from} to ${to}, batches of ${config.recipe.batchSize}; ${backend.description}`,
        );
        const begun = performance.now();
        try {
          for await (const point of untilAborted(rangeTest(test), interrupt.signal)) {
            if (points.length === 0)
              tell(`the first step took ${duration((performance.now() - begun) / 1000)}`);
            points.push(point);
            progress.done(points.length);
          }
        } catch (error) {
          if (!interrupt.signal.aborted) throw error;
          tell(`interrupted after ${count(points.length)} of ${count(steps)} steps`);
          if (points.length > 0) await tellRates(points, title, flags);
          // A step may take long, and nobody waits for it.
          await interrupt.exit();
        } finally {
          progress.stop();
          interrupt.release();
        }
      }),
  );
  if (points.length === 0) {
    throw new CardinalError(`${network.description.name}: the loss is not finite in the first step`);
  }
  await tellRates(points, title, flags);
}

/** Draws the chart and prints the rates with what they say. */
async function tellRates(
  points: readonly RangePoint[],
  title: string,
  { from, to, out, json }: LrFlags,
): Promise<void> {
  const verdict = verdictOf(points);
  // A test that was interrupted, or whose loss exploded, has not come to its end.
  const last = Number((points.at(-1)?.learningRate ?? to).toPrecision(2));
  const { rangePage } = await import('./chart.ts');
  await writeFileAtomic(out, rangePage(title, points, verdict));
  if (json) {
    printJson({ suggestion: verdict.suggestion ?? null, lowest: verdict.lowest, chart: out, points });
    return;
  }
  print(
    alignColumns(
      [
        ['learning rate', 'loss', 'smoothed'],
        ...listed(points).map(({ learningRate, loss, smoothed }) => [
          learningRate.toExponential(1),
          loss.toFixed(4),
          smoothed.toFixed(4),
        ]),
      ],
      ['right', 'right', 'right'],
    ),
    verdict.suggestion === undefined
      ? `the loss falls nowhere between ${from} and ${last}: there is no rate to suggest`
      : `suggested: --lr ${verdict.suggestion.toPrecision(2)}, where the loss falls fastest; it is lowest at ${verdict.lowest.toPrecision(2)}`,
    out,
  );
}

/** About twenty points, the last among them. */
function listed(points: readonly RangePoint[]): RangePoint[] {
  const every = Math.max(1, Math.round(points.length / 20));
  return points.filter((_, index) => (points.length - 1 - index) % every === 0);
}

function tellEvent(event: RunEvent): void {
  if (event.type === 'notice') tell(event.message);
  else if (event.type === 'warning') tell(`warning: ${event.message}`);
  else if (event.type === 'weights-opened') for (const note of event.notes) tell(`note: ${note}`);
  else if (event.type === 'weights-loaded') tellUnmatched(event.loaded);
}
