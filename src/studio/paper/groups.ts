import type { Backend, Program } from '../../backends/backend.ts';
import { nextTask } from '../../base/next-task.ts';
import { Rng } from '../../base/rng.ts';
import { sizeOf } from '../../base/shape.ts';
import { toDepthwiseLimit } from '../../cost/depthwise-limit.ts';
import { macsOf } from '../../graph/dispatch.ts';
import { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import { differentiate } from '../../plan/differentiate.ts';
import { planWithin } from '../../plan/fit.ts';
import { planInference } from '../../plan/plan-inference.ts';
import { planValues } from '../../plan/plan-values.ts';
import { median } from '../../study/statistics.ts';
import type { GroupsQuery, GroupTimes } from './service.ts';

/** A convolution of K channels out, K×K pixels, padded so that pictures keep their size. */
interface Convolution {
  readonly out: number;
  readonly kernel: 1 | 3;
  readonly groups: number;
}

/** What is timed: convolutions one after the other. */
type Timed = Pick<GroupTimes, 'groups' | 'width'> & { readonly convolutions: readonly Convolution[] };

/** Rounds over all that is timed, after one that wakes threads and fills caches: fewer where these take long. */
const mostRounds = 8;
const leastRounds = 3;
const longMilliseconds = 8000;
/** Milliseconds that a program is run for one time, at least: clocks of pages are coarse. */
const longEnough = 8;

/**
 * Times convolutions of more and more groups in turn, so that whatever else the machine does slows all of them: forward, and forward with
 * both gradients. Medians of the rounds so far are told after each. Rejects with the signal's reason between two.
 */
export async function timeGroups(
  query: GroupsQuery,
  backend: Backend,
  { signal, onTimes }: { readonly signal: AbortSignal; readonly onTimes: (times: GroupTimes[]) => void },
): Promise<GroupTimes[]> {
  const programs: Program[] = [];
  try {
    const contenders = [];
    for (const timed of timedBy(query)) {
      await nextTask();
      signal.throwIfAborted();
      const forward = await load(backend, query, timed, false, programs);
      const step = await load(backend, query, timed, true, programs);
      contenders.push({ timed, forward, step, forwardTimes: [] as number[], stepTimes: [] as number[] });
    }
    let times: GroupTimes[] = [];
    const begun = performance.now();
    const isLong = (): boolean => performance.now() - begun > longMilliseconds;
    for (let round = 0; round <= mostRounds && (round <= leastRounds || !isLong()); round++) {
      for (const { forward, step, forwardTimes, stepTimes } of contenders) {
        await nextTask();
        signal.throwIfAborted();
        const [one, both] = [await timeOf(forward), await timeOf(step)];
        if (round === 0) continue;
        forwardTimes.push(one);
        stepTimes.push(both);
      }
      if (round === 0) continue;
      times = contenders.map(({ timed: { groups, width }, forward, forwardTimes, stepTimes }) => ({
        ...{ groups, width },
        macs: forward.plan.steps.forward.reduce((sum, { node }) => sum + macsOf(node), 0) / query.batch,
        ...{ forward: median(forwardTimes), step: median(stepTimes) },
      }));
      onTimes(times);
    }
    return times;
  } finally {
    await Promise.all(programs.map((program) => program.dispose()));
  }
}

function timedBy({ what, channels }: GroupsQuery): Timed[] {
  if (what === 'block') {
    return toDepthwiseLimit().map(({ cardinality, baseWidth, depthwise, innerWidth }) => {
      const groups = depthwise ? innerWidth : cardinality;
      return {
        ...{ groups, width: depthwise ? 1 : baseWidth },
        convolutions: [
          { out: innerWidth, kernel: 1, groups: 1 },
          { out: innerWidth, kernel: 3, groups },
          { out: channels, kernel: 1, groups: 1 },
        ],
      };
    });
  }
  const all: Timed[] = [];
  for (let groups = 1; groups <= channels; groups *= 2) {
    all.push({ groups, width: channels / groups, convolutions: [{ out: channels, kernel: 3, groups }] });
  }
  const pointwise: Convolution = { out: channels, kernel: 1, groups: 1 };
  return [...all, { groups: undefined, width: channels, convolutions: [pointwise] }];
}

/** A program of random numbers; one with gradients gives the output, and those of the input and of all weights. */
async function load(
  backend: Backend,
  { channels, size, batch }: GroupsQuery,
  { convolutions, groups }: Timed,
  withGradients: boolean,
  programs: Program[],
): Promise<Program> {
  const graph = new Graph();
  const input = graph.input('input', [batch, channels, size, size]);
  const weights: Value[] = [];
  let output = input;
  for (const [at, { out, kernel, groups: own }] of convolutions.entries()) {
    const [, into] = output.shape;
    const weight = graph.parameter(`weight${at}`, [out, into / own, kernel, kernel]);
    weights.push(weight);
    const padding = (kernel - 1) / 2;
    output = graph.apply1('conv2d', [output, weight], {
      ...{ stride: [1, 1], padding: [padding, padding], dilation: [1, 1], groups: own },
      ...{ bias: false, residual: false, activation: 'none' },
    });
  }
  const name = `convolutions of ${groups ?? 1} groups`;
  const plan = planWithin(backend, name, input.shape, () => {
    if (!withGradients) return planInference({ graph, input, output }, backend, { name });
    const above = graph.input('output_gradient', output.shape);
    const gradients = differentiate(graph, output, above, [input, ...weights]);
    return planValues(graph, [output, ...gradients.values()], backend, name);
  });
  const program = await backend.load(plan);
  programs.push(program);
  const rng = Rng.of(0, 'numbers');
  // Times do not depend on them, and to draw millions takes longer than to multiply them.
  const some = Float32Array.from({ length: 4099 }, () => rng.normal());
  for (const { name: buffer, role, shape } of plan.buffers) {
    if (role !== 'input' && role !== 'parameter') continue;
    const data = new Float32Array(sizeOf(shape));
    for (let at = 0; at < data.length; at += some.length) data.set(some.subarray(0, data.length - at), at);
    program.write(buffer, data, 'channels_last');
  }
  await program.run('prologue');
  return program;
}

/** Milliseconds of a run, the mean of as many as a clock needs. */
async function timeOf(program: Program): Promise<number> {
  const before = performance.now();
  for (let runs = 1; ; runs++) {
    await program.run('forward');
    const elapsed = performance.now() - before;
    if (elapsed >= longEnough) return elapsed / runs;
  }
}
