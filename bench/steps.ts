/**
 * Times a whole network on the WASM backend, then every distinct step of its plan alone, dearest first.
 *
 *   node bench/steps.ts resnext50_32x4d --train --batch 8 --each
 *
 * Times are the least of the runs. On one thread they are the processor's time, which other processes disturb less.
 * A step alone finds its data in the caches more often than in the network.
 */
import type { Backend, Program } from '../src/backends/backend.ts';
import { sizeOf } from '../src/base/shape.ts';
import { checkpointActivationsHelp } from '../src/cli/flags/engine.ts';
import { integer, oneOf } from '../src/cli/flags/values.ts';
import { createModel, modelInfo } from '../src/models/index.ts';
import { trace } from '../src/nn/trace.ts';
import { createNodeBackend } from '../src/node/backend.ts';
import { kernelBuilds, type KernelBuild } from '../src/backends/wasm/builds.ts';
import { planInference } from '../src/plan/plan-inference.ts';
import type { Entry, Plan, Step } from '../src/plan/plan.ts';
import { planTraining } from '../src/plan/plan-training.ts';
import { oneOpPlan } from '../test/support/steps-plan.ts';
import { benchCommand, runBench } from './command.ts';

interface Flags {
  readonly batch: number;
  readonly size?: number;
  readonly train: boolean;
  readonly threads: number;
  readonly kernels?: KernelBuild;
  readonly blas: boolean;
  readonly runs: number;
  readonly each: boolean;
  readonly checkpointActivations: boolean;
}

await runBench(
  benchCommand('steps', 'Times a network on one backend, as a whole and step by step.')
    .argument('[model]', 'name in the registry', 'resnext50_32x4d')
    .option('--batch <n>', 'pictures', integer('--batch', 1), 1)
    .option('--size <n>', "side of the pictures (the network's)", integer('--size', 1))
    .option('--train', 'a training step instead of inference', false)
    .option('--each', 'every distinct step alone as well, dearest first', false)
    .option('--checkpoint-activations', checkpointActivationsHelp, false)
    .option('--threads <n>', 'threads', integer('--threads', 1, 256), 2)
    .option('--runs <n>', 'runs of each', integer('--runs', 1), 5)
    .option('--kernels <build>', 'wide, relaxed or simd (the fastest)', oneOf('--kernels', kernelBuilds))
    .option('--no-blas', 'leave matmuls to WebAssembly')
    .action(main),
);

async function main(name: string, flags: Flags): Promise<void> {
  const { batch, train, threads } = flags;
  const [channels, side] = modelInfo(name).inputShape;
  const size = flags.size ?? side;
  const model = createModel(name);
  const traced = trace(model, [batch, channels, size, size], { training: train });
  const backend = await createNodeBackend({
    threads,
    ...(flags.kernels === undefined ? {} : { kernels: flags.kernels }),
    ...(flags.blas ? {} : { blas: false }),
  });
  const plan: Plan = train
    ? planTraining(traced, backend, {
        name,
        optimizer: { kind: 'sgd', momentum: true, nesterov: false },
        checkpointActivations: flags.checkpointActivations,
      })
    : planInference(traced, backend, { name });
  const entries: Entry[] = train ? ['gradient', 'update'] : ['forward'];
  console.log(
    `${name}, batch ${batch}, ${(plan.peakBytes / 2 ** 20).toFixed(0)} MiB, ${backend.description}`,
  );
  const program = await backend.load(plan);
  fill(program, plan);
  for (const entry of entries) {
    console.log(`${entry}: ${(await least(program, entry, flags)).toFixed(1)} ms`);
  }
  await program.dispose();
  if (flags.each) await timeEach(backend, plan, entries, flags);
  await backend.dispose();
}

async function timeEach(
  backend: Backend,
  plan: Plan,
  entries: readonly Entry[],
  flags: Flags,
): Promise<void> {
  const groups = new Map<string, { readonly step: Step; count: number }>();
  for (const step of entries.flatMap((entry) => plan.steps[entry])) {
    const { node } = step;
    const shapes = (list: Step['inputs']) => list.map(({ shape }) => shape.join('×')).join(' ');
    const key = `${node.op} ${shapes(step.inputs)} ${JSON.stringify(node.attrs)} ${replacedIn(step)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { step, count: 1 });
    else group.count++;
  }
  const rows = [];
  for (const { step, count } of groups.values())
    rows.push({ node: step.node, count, ms: count * (await timeAlone(backend, step, flags)) });
  rows.sort((a, b) => b.ms - a.ms);
  const byOp = new Map<string, number>();
  for (const { node, ms } of rows) byOp.set(node.op, (byOp.get(node.op) ?? 0) + ms);
  for (const [op, ms] of [...byOp].sort((a, b) => b[1] - a[1]))
    console.log(`${ms.toFixed(1).padStart(9)} ms  ${op}`);
  for (const { node, count, ms } of rows.slice(0, 40)) {
    const shapes = node.inputs.slice(0, 2).map(({ shape }) => shape.join('×'));
    console.log(`${ms.toFixed(2).padStart(9)} ms ${`${count}×`.padStart(4)} ${node.op} ${shapes.join(', ')}`);
  }
}

function fill(program: Program, plan: Plan): void {
  for (const { name, shape, role } of plan.buffers) {
    if (role === 'activation' || role === 'workspace') continue;
    program.write(
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 7919) % 1013) + 1) / 40_000),
    );
  }
}

/** Milliseconds of a run. */
async function least(
  program: Program,
  entry: Entry,
  { threads, runs }: Pick<Flags, 'threads' | 'runs'>,
): Promise<number> {
  const begin = performance.now();
  await program.run(entry);
  // The processor's time is counted in ticks of some milliseconds: short runs are counted together.
  const times = threads > 1 ? 1 : Math.ceil(100 / (performance.now() - begin));
  let ms = Infinity;
  for (let run = 0; run < runs; run++) {
    const begin = now(threads);
    for (let i = 0; i < times; i++) await program.run(entry);
    ms = Math.min(ms, (now(threads) - begin) / times);
  }
  return ms;
}

function now(threads: number): number {
  if (threads > 1) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Which input's place a step's first output takes; −1 for none. */
function replacedIn({ inputs, outputs }: Step): number {
  return outputs.length === 0 ? -1 : inputs.findIndex(({ offset }) => offset === outputs[0].offset);
}

async function timeAlone(backend: Backend, step: Step, flags: Flags): Promise<number> {
  const { node } = step;
  const place = replacedIn(step);
  const alone = oneOpPlan(
    backend,
    node.op,
    node.attrs,
    node.inputs.map(({ shape }) => shape),
    node.outputs.map(({ shape }) => shape),
    place < 0 ? undefined : place,
  );
  const program = await backend.load(alone);
  fill(program, alone);
  const ms = await least(program, 'forward', flags);
  await program.dispose();
  return ms;
}
