/**
 * Times a whole network on the WASM backend, then every distinct step of its plan alone, dearest first.
 *
 *   node bench/steps.ts [model] [--batch 1] [--train] [--threads 2] [--simd] [--no-blas] [--runs 5] [--each]
 *                       [--checkpoint-activations]
 *
 * Times are the least of the runs. On one thread they are the processor's time, which other processes disturb less.
 * A step alone finds its data in the caches more often than in the network.
 */
import { parseArgs } from 'node:util';
import type { Backend, Program } from '../src/backends/backend.ts';
import type { Node } from '../src/graph/node.ts';
import { sizeOf } from '../src/graph/value.ts';
import { createModel } from '../src/models/index.ts';
import { trace } from '../src/nn/trace.ts';
import { createNodeBackend } from '../src/node/backend.ts';
import { planInference } from '../src/plan/inference.ts';
import type { Entry, Plan } from '../src/plan/plan.ts';
import { planTraining } from '../src/plan/training.ts';
import { oneOpPlan } from '../test/support/one-op-plan.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: 'string', default: '1' },
    size: { type: 'string', default: '224' },
    train: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    simd: { type: 'boolean', default: false },
    'no-blas': { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    each: { type: 'boolean', default: false },
    'checkpoint-activations': { type: 'boolean', default: false },
  },
});
const [name = 'resnext50_32x4d'] = positionals;
const runs = Number(values.runs);
const backend = await createNodeBackend({
  threads: Number(values.threads),
  relaxed: !values.simd,
  ...(values['no-blas'] ? { blas: false } : {}),
});

const input = [Number(values.batch), 3, Number(values.size), Number(values.size)];
const traced = trace(createModel(name), input, { training: values.train });
const plan: Plan = values.train
  ? planTraining(traced, backend, {
      name,
      optimizer: { kind: 'sgd', momentum: true, nesterov: false },
      checkpointActivations: values['checkpoint-activations'],
    })
  : planInference(traced, backend, { name });
const entries: Entry[] = values.train ? ['gradient', 'update'] : ['forward'];
console.log(
  `${name}, batch ${values.batch}, ${(plan.peakBytes / 2 ** 20).toFixed(0)} MiB, ${backend.threads} threads`,
);

const program = await backend.load(plan);
fill(program, plan);
for (const entry of entries) {
  console.log(`${entry}: ${(await least(program, entry)).toFixed(1)} ms`);
}
program.dispose();

if (values.each) {
  const groups = new Map<string, { readonly node: Node; count: number }>();
  for (const { node } of entries.flatMap((entry) => plan.steps[entry])) {
    const shapes = (list: Node['inputs']) => list.map(({ shape }) => shape.join('×')).join(' ');
    const key = `${node.op} ${shapes(node.inputs)} ${JSON.stringify(node.attrs)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { node, count: 1 });
    else group.count++;
  }
  const rows = [];
  for (const { node, count } of groups.values())
    rows.push({ node, count, ms: count * (await timeAlone(backend, node)) });
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
await backend.dispose();

function fill(program: Program, plan: Plan): void {
  for (const { name, shape, role } of plan.buffers) {
    if (role === 'activation' || role === 'workspace') continue;
    program.write(
      name,
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 7919) % 1013) + 1) / 40_000),
    );
  }
}

async function least(program: Program, entry: Entry): Promise<number> {
  let ms = Infinity;
  for (let run = 0; run < runs + 1; run++) {
    const begin = now();
    await program.run(entry);
    if (run > 0) ms = Math.min(ms, now() - begin);
  }
  return ms;
}

function now(): number {
  return backend.threads === 1 ? process.threadCpuUsage().user / 1000 : performance.now();
}

async function timeAlone(backend: Backend, node: Node): Promise<number> {
  const alone = oneOpPlan(
    backend,
    node.op,
    node.attrs,
    node.inputs.map(({ shape }) => shape),
    node.outputs.map(({ shape }) => shape),
  );
  const program = await backend.load(alone);
  fill(program, alone);
  const ms = await least(program, 'forward');
  program.dispose();
  return ms;
}
