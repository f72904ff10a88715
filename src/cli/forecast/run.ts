import { largest } from '../../base/extremes.ts';
import { usualAddition } from '../../cost/all-reduce.ts';
import { forecastScaling } from '../../cost/scaling.ts';
import { parseSet } from '../../models/options.ts';
import { createModel, modelInfo } from '../../models/registry.ts';
import { writeFileAtomic } from '../../node/files.ts';
import { momentsOf, momentsOfRanks } from '../../study/moments.ts';
import { bytes, count, digits3, percent } from '../../report/format.ts';
import {
  hiddenShare,
  renderScaling,
  type MeasuredEfficiency,
  type ScalingForecast,
} from '../../study/scaling-page.ts';
import { roughState, timeTrainingStep } from '../../study/training-step.ts';
import { fitPlan } from '../../train/micro-batches.ts';
import { networkOf } from '../../train/network.ts';
import { recipes } from '../../train/recipe.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import type { ModelFlags } from '../flags/weights.ts';
import { pc } from '../output/colours.ts';
import { print, printJson, shellWord, tell } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';

/** Flags of `cardinal forecast`. */
export interface ForecastFlags extends EngineFlags, ModelFlags {
  readonly batch: number;
  readonly ranks: readonly number[];
  readonly bandwidth: readonly number[];
  readonly latency: number;
  readonly step?: number;
  readonly syncBn: boolean;
  readonly measured?: readonly MeasuredEfficiency[];
  readonly out?: string;
  readonly json: boolean;
}

/** `cardinal forecast`: how training would go on many hosts, before there are any. */
export async function forecast(name: string, flags: ForecastFlags): Promise<void> {
  const options = parseSet(flags.set ?? []);
  const { inputShape } = modelInfo(name, options);
  const model = createModel(name, options);
  const network = {
    ...networkOf(model, inputShape, { name, options: {} }),
    stateDict: () => roughState(model),
  };
  const { batch, step } = flags;
  const recipe = { ...recipes.cifar, batchSize: batch };
  const found = await withBackend(flags, async (backend): Promise<ScalingForecast> => {
    const computeSeconds =
      step === undefined ? await timeTrainingStep(network, backend, recipe) : step / 1000;
    const planned = (size: number, resumedSize?: number) => {
      const ranks = { rank: 0, size };
      const all = { ...recipe, batchSize: size * batch };
      return fitPlan(network, backend, all, { ranks, resumedSize, syncBatchNorm: flags.syncBn });
    };
    const ofTwo = planned(2);
    const parts = (2 * batch) / ofTwo.microBatchSize;
    // In as many micro-batches.
    const ofFour = planned(4, 2 * ofTwo.microBatchSize);
    const [two, four] = [ofTwo, ofFour].map(({ plan }) => momentsOf(plan, computeSeconds, parts));
    const momentsFor = (ranks: number) => momentsOfRanks(two, four, ranks);
    const sums = two.flatMap((moment) => (moment.kind === 'start' ? [moment.bytes] : []));
    const link = { latency: flags.latency * 1e-6, addition: usualAddition };
    return {
      model: name,
      batch,
      computeSeconds,
      computeSource: step === undefined ? `measured here, ${backend.description}` : 'as given with --step',
      summedBytes: sums.reduce((sum, size) => sum + size, 0),
      sums: sums.length,
      latency: flags.latency,
      points: forecastScaling(momentsFor, flags.ranks, flags.bandwidth, link),
      curve: forecastScaling(momentsFor, upTo(flags.ranks), flags.bandwidth, link),
      measured: flags.measured ?? [],
      command: commandOf(name, flags),
    };
  });
  if (flags.out !== undefined) await writeFileAtomic(flags.out, renderScaling(found));
  if (flags.json) {
    printJson({ ...found, curve: undefined });
    return;
  }
  print(lines(found));
  if (flags.out !== undefined) tell('', `page: ${flags.out}`);
}

/** Numbers of ranks between those that are asked for, for a smooth curve. */
function upTo(ranks: readonly number[]): readonly number[] {
  const most = largest(ranks);
  const doubled = Array.from({ length: Math.ceil(2 * Math.log2(most)) + 1 }, (_, half) =>
    Math.min(most, Math.round(2 ** (half / 2))),
  );
  return [...new Set([...doubled, ...ranks])].sort((a, b) => a - b);
}

function lines(found: ScalingForecast): string[] {
  const { model, batch, computeSeconds, computeSource, sums, summedBytes, latency, points, measured } = found;
  const header = ['ranks', 'pictures a step', 'Gbit/s', 'efficiency', 'pictures/s', 'waiting, ms', 'hidden'];
  const rows = points.map(({ ranks, gigabits, time, efficiency }) => [
    count(ranks),
    count(ranks * batch),
    String(gigabits),
    pc.bold(percent(efficiency, 1)),
    digits3((ranks * batch) / time.total),
    digits3(1000 * time.waiting),
    hiddenShare(time),
  ]);
  return [
    `${pc.bold(model)}, ${count(batch)} pictures a rank in each step`,
    `computing: ${digits3(1000 * computeSeconds)} ms a step (${computeSource})`,
    `added up over two ranks: ${bytes(summedBytes)} a step, in ${count(sums)} sums; latency ${digits3(latency)} µs`,
    '',
    ...alignColumns(
      [header.map((title) => pc.dim(title)), ...rows],
      header.map(() => 'right' as const),
    ),
    ...measured.map(
      (point) => `measured with ${count(point.ranks)} ranks: ${percent(point.efficiency, 1)} efficiency`,
    ),
    '',
    pc.dim('Efficiency: of the pictures that so many ranks would train on if none ever'),
    pc.dim('waited for a sum, the share that they do. Hidden: of the time that the network'),
    pc.dim('is busy, the share in which the ranks compute. A forecast, not a measurement.'),
  ];
}

/** The command that repeats it, on another machine as well: with what was measured on this one only if it was given. */
function commandOf(name: string, flags: ForecastFlags): string {
  const { batch, ranks, bandwidth, latency, step, syncBn, measured, set = [] } = flags;
  return [
    ...['npx cardinal forecast', shellWord(name)],
    ...set.map((pair) => `--set ${shellWord(pair)}`),
    `--batch ${batch} --ranks ${ranks.join()} --bandwidth ${bandwidth.join()} --latency ${latency}`,
    ...(step === undefined ? [] : [`--step ${step}`]),
    ...(syncBn ? [] : ['--no-sync-bn']),
    ...(measured === undefined
      ? []
      : [`--measured ${measured.map((point) => `${point.ranks}:${point.efficiency}`).join()}`]),
  ].join(' ');
}
