import type { Backend, Program } from '../../backends/backend.ts';
import { argmax } from '../../base/argmax.ts';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { nextTask } from '../../base/next-task.ts';
import type { StateDict } from '../../base/tensor-data.ts';
import type { Value } from '../../graph/value.ts';
import type { Trace } from '../../nn/trace.ts';
import { choicesOf } from '../../plan/batch-sizes.ts';
import { batchesOf, type BatchSize } from '../../plan/batches.ts';
import { excessInWords, planInParts } from '../../plan/fit.ts';
import { planInference } from '../../plan/plan-inference.ts';
import { prune } from '../../plan/schedule.ts';
import { valuesOf } from '../activations.ts';
import { loadWith } from '../load-with.ts';
import { aggregationsOf, type Aggregation } from './aggregations.ts';
import { LeftOut, type PathShare } from './left-out.ts';
import { tailOf } from './tail.ts';

/** One of a block's C paths. */
export interface PathContribution extends PathShare {
  /** By how much the class's logit falls if this path alone is left out: above 0 it speaks for the class. */
  readonly effect: number;
}

/** The paths of one block, in their order. */
export interface BlockContributions {
  /** Path of its module: `layer1.0`. */
  readonly block: string;
  readonly paths: readonly PathContribution[];
}

/** What the paths of a network's blocks contribute to a picture's logit. */
export interface PathContributions {
  /** The class. */
  readonly label: number;
  /** Its logit with all paths. */
  readonly logit: number;
  /** In the order in which they are computed. */
  readonly blocks: readonly BlockContributions[];
}

/** How far it is. */
export interface PathProgress {
  /** Paths that were left out so far, of how many. */
  readonly done: number;
  readonly of: number;
  readonly block: string;
}

/** What is asked. */
export interface ContributionsAsked {
  /** The class whose logit is watched. Default: the one with the largest. */
  readonly label?: number | undefined;
  /** Paths of the modules of the blocks that are asked about: `layer2.1`. Default: all. */
  readonly blocks?: readonly string[] | undefined;
  /** Rejects with the signal's reason, between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each batch. */
  readonly onProgress?: ((progress: PathProgress) => void) | undefined;
}

/** A network that was traced in evaluation mode for batches of several sizes, the largest first and of one picture last. */
export interface TracedNetwork {
  readonly name: string;
  readonly traces: readonly Trace[];
  readonly backend: Backend;
  /** The tensors of these names. */
  readonly state: (names: readonly string[]) => Promise<StateDict>;
}

/** What `pathContributions` says, of a network that was traced, and all logits. `input` is one picture H×W×C. */
export async function contributionsOf(
  { name, traces, backend, state }: TracedNetwork,
  input: Float32Array,
  { label: asked, blocks, signal, onProgress }: ContributionsAsked,
): Promise<PathContributions & { readonly logits: Float32Array }> {
  const found = traces.map((trace) => chosen(name, trace, blocks));
  const alone = traces[traces.length - 1];
  const tails = found.map((aggregations, at) => aggregations.map(({ sum }) => tailOf(traces[at], sum)));
  const wanted = new Set([alone.output]);
  const own = found[found.length - 1];
  own.forEach(({ paths, sum }, at) => {
    for (const { features } of paths) wanted.add(features);
    wanted.add(sum);
    for (const value of tails[tails.length - 1][at].beside.keys()) wanted.add(value);
  });
  const tensors = await state(weightsBehind(alone));
  const values = [...wanted];
  const read = await valuesOf(
    { name, graph: alone.graph, backend, signal, state: () => Promise.resolve(tensors) },
    input,
    values,
    'channels_last',
  );
  const computed = new Map(values.map((value, at) => [value, read[at]]));
  const numbers = (value: Value): Float32Array => {
    const data = value.role === 'computed' ? computed.get(value) : tensors.get(value.name)?.data;
    if (data instanceof Float32Array) return data;
    throw new Error(`${name}: no numbers for ${value.name}`);
  };
  const logits = numbers(alone.output);
  const label = asked ?? argmax(logits);
  if (!(label in logits)) {
    throw new UsageError(`pathContributions: expected a label from 0 to ${logits.length - 1}, got ${label}`);
  }
  const of = own.reduce((total, { paths }) => total + paths.length, 0);
  let done = 0;
  const results: BlockContributions[] = [];
  for (const [at, aggregation] of own.entries()) {
    signal?.throwIfAborted();
    const { block } = aggregation;
    const program = await tailProgram(
      `${name}: ${block}`,
      tails.map((ofSize) => ofSize[at].traced),
      backend,
      tensors,
    );
    try {
      // Of the trace of one picture: the others have the same values under the same names.
      const beside = [...tails[tails.length - 1][at].beside].map(
        ([value, called]): [string, Float32Array] => [
          called,
          value.role === 'input' ? input : numbers(value),
        ],
      );
      const paths = await leftOutOneByOne(program, new LeftOut(aggregation, numbers), aggregation, {
        ...{ beside, label, signal, sum: numbers(aggregation.sum) },
        tell: (count) => onProgress?.({ done: (done += count), of, block }),
      });
      results.push({ block, paths });
    } finally {
      await program.dispose();
    }
  }
  return { label, logit: logits[label], blocks: results, logits };
}

/** Names of the tensors that the logits are made of. */
function weightsBehind({ graph, output }: Trace): readonly string[] {
  const read = new Set(prune(graph.nodes, [output]).flatMap(({ inputs }) => inputs));
  return [...read].flatMap(({ role, name }) => (role === 'parameter' || role === 'buffer' ? [name] : []));
}

/** The blocks of these names. Throws a `CardinalError` if the network has none at all, a `UsageError` if one is unknown. */
function chosen(
  name: string,
  { graph, output }: Trace,
  wanted: readonly string[] | undefined,
): readonly Aggregation[] {
  const all = aggregationsOf(prune(graph.nodes, [output]));
  if (all.length === 0) {
    throw new CardinalError(
      `${name} has no aggregated paths: no block in which a 1×1 convolution adds up what a grouped convolution's groups give`,
    );
  }
  const names = all.map(({ block }) => block);
  const unknown = wanted?.find((block) => !names.includes(block));
  if (unknown === undefined)
    return wanted === undefined ? all : all.filter(({ block }) => wanted.includes(block));
  throw new UsageError(
    `${name}: expected a block with paths, got '${unknown}'; the nearest: ${nearest(unknown, names).join(', ')}`,
  );
}

/** The rest of the network behind a block's sum, for batches of as many sizes as fit. */
async function tailProgram(
  name: string,
  tails: readonly Parameters<typeof planInference>[0][],
  backend: Backend,
  tensors: StateDict,
): Promise<Program> {
  const traced = tails.flat();
  const parts = planInParts(choicesOf(traced.map(({ input }) => input.shape[0])), backend, (sizes) =>
    planInference(traced.slice(-[sizes].flat().length), backend, { name, mainOnly: true }),
  );
  if (parts.size === undefined) {
    throw new CardinalError(
      `${name}: what follows it ${excessInWords(parts.smallest, `the ${backend.name} backend has`)}: use smaller pictures`,
    );
  }
  return loadWith(backend, parts.plan, tensors, nextTask);
}

interface Rest {
  readonly beside: readonly (readonly [string, Float32Array])[];
  readonly sum: Float32Array;
  readonly label: number;
  readonly signal: AbortSignal | undefined;
  readonly tell: (paths: number) => void;
}

/** The block's paths, each left out in a row of its own; the first row leaves out none. */
async function leftOutOneByOne(
  program: Program,
  leftOut: LeftOut,
  { paths }: Aggregation,
  { beside, sum, label, signal, tell }: Rest,
): Promise<readonly PathContribution[]> {
  const batches = batchesOf(program.plan);
  const known = new Set(program.plan.buffers.map(({ name }) => name));
  const shares: PathShare[] = [];
  const logits: number[] = [];
  for (let next = 0; next <= paths.length;) {
    await nextTask();
    signal?.throwIfAborted();
    const batch = batchOf(batches, paths.length + 1 - next);
    const rows = new Float32Array(batch.size * sum.length);
    for (let row = 0; row < batch.size; row++) {
      const into = rows.subarray(row * sum.length, (row + 1) * sum.length);
      if (next + row === 0) into.set(sum);
      else shares.push(leftOut.without(paths[next + row - 1], into));
    }
    program.write(batch.input, rows, 'channels_last');
    const suffix = batch.input.slice('input'.length);
    for (const [name, data] of beside) {
      if (known.has(name + suffix)) program.write(name + suffix, repeated(data, batch.size), 'channels_last');
    }
    await program.run(batch.forward);
    const given = await program.read(batch.logits);
    const classes = given.length / batch.size;
    for (let row = 0; row < batch.size; row++) logits.push(given[row * classes + label]);
    next += batch.size;
    tell(next === batch.size ? batch.size - 1 : batch.size);
  }
  const [all, ...without] = logits;
  return shares.map((share, path) => ({ ...share, effect: all - without[path] }));
}

/** The largest batch that so many rows fill. The smallest is one row. */
function batchOf(batches: readonly BatchSize[], rows: number): BatchSize {
  return batches.find(({ size }) => size <= rows) ?? batches[batches.length - 1];
}

function repeated(data: Float32Array, times: number): Float32Array {
  const all = new Float32Array(data.length * times);
  for (let i = 0; i < times; i++) all.set(data, i * data.length);
  return all;
}
