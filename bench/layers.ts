/**
 * Times the dense convolutions of ResNeXt-50 32×4d on the WASM backend, forward and both gradients, one step each.
 *
 *   node bench/layers.ts [--batch 8] [--threads 2] [--simd] [--only forward|input|weight] [--runs 5]
 *
 * GFLOP/s count 2 per multiply–accumulate and all threads together; the time is the least of the runs.
 */
import { parseArgs } from 'node:util';
import type { Backend } from '../src/backends/backend.ts';
import type { NodeOf } from '../src/graph/node.ts';
import type { Conv2dAttrs, OpName, Pair } from '../src/graph/op-table.ts';
import type { Shape } from '../src/graph/value.ts';
import { sizeOf } from '../src/graph/value.ts';
import { createNodeBackend } from '../src/node/backend.ts';
import { oneOpPlan } from '../test/support/one-op-plan.ts';

interface Layer {
  readonly name: string;
  readonly times: number;
  readonly channels: number;
  readonly out: number;
  readonly size: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly groups?: number;
}

const stages = [
  { width: 64, size: 56, blocks: 3 },
  { width: 128, size: 28, blocks: 4 },
  { width: 256, size: 14, blocks: 6 },
  { width: 512, size: 7, blocks: 3 },
];

const layers: Layer[] = [{ name: 'stem', times: 1, channels: 3, out: 64, size: 224, kernel: 7, stride: 2 }];
stages.forEach(({ width, size, blocks }, stage) => {
  const inner = 2 * width;
  const out = 4 * width;
  const before = stage === 0 ? 64 : 2 * width;
  const stride = stage === 0 ? 1 : 2;
  const name = `layer${stage + 1}`;
  layers.push(
    { name: `${name}.0 reduce`, times: 1, channels: before, out: inner, size: size * stride },
    { name: `${name}.0 project`, times: 1, channels: before, out, size: size * stride, stride },
    { name: `${name} grouped`, times: blocks, channels: inner, out: inner, size, kernel: 3, groups: 32 },
    { name: `${name} expand`, times: blocks, channels: inner, out, size },
    { name: `${name} reduce`, times: blocks - 1, channels: out, out: inner, size },
  );
});

const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    simd: { type: 'boolean', default: false },
    grouped: { type: 'boolean', default: false },
    only: { type: 'string' },
    layer: { type: 'string' },
    runs: { type: 'string', default: '5' },
  },
});
const batch = Number(values.batch);
const runs = Number(values.runs);
const backend = await createNodeBackend({ threads: Number(values.threads), relaxed: !values.simd });

const total = { forward: { ms: 0, flop: 0 }, input: { ms: 0, flop: 0 }, weight: { ms: 0, flop: 0 } };
for (const layer of layers) {
  const { name, times, channels, out, size, kernel = 1, stride = 1, groups = 1 } = layer;
  if (groups > 1 && !values.grouped) continue;
  if (values.layer !== undefined && !name.includes(values.layer)) continue;
  const p = Math.ceil(size / stride);
  const x = [batch, channels, size, size];
  const w = [out, channels / groups, kernel, kernel];
  const y = [batch, out, p, p];
  const pad = (kernel - 1) / 2;
  const attrs: Conv2dAttrs = {
    stride: [stride, stride],
    padding: [pad, pad],
    dilation: [1, 1],
    groups,
  };
  const inputSize: Pair = [size, size];
  const kernelSize: Pair = [kernel, kernel];
  const flop = 2 * sizeOf(y) * sizeOf(w.slice(1));
  const measured = {
    forward: () =>
      time(backend, 'conv2d', { ...attrs, bias: true, residual: false, relu: true }, [x, w, [out]], [y]),
    input: () => time(backend, 'conv2d_backward_input', { ...attrs, inputSize }, [y, w], [x]),
    weight: () => time(backend, 'conv2d_backward_weight', { ...attrs, kernelSize }, [y, x], [w]),
  };
  let line =
    `${name.padEnd(16)} ${`${times}×`.padStart(3)} ${`${channels}→${out}`.padStart(10)} ${p}²`.padEnd(40);
  for (const pass of ['forward', 'input', 'weight'] as const) {
    if (values.only !== undefined && values.only !== pass) continue;
    const ms = await measured[pass]();
    total[pass].ms += times * ms;
    total[pass].flop += times * flop;
    line += `${pass} ${ms.toFixed(2).padStart(8)} ms ${(flop / ms / 1e6).toFixed(1).padStart(6)}   `;
  }
  console.log(line);
}
for (const [pass, { ms, flop }] of Object.entries(total)) {
  if (ms > 0) console.log(`${pass.padEnd(8)} ${ms.toFixed(1)} ms, ${(flop / ms / 1e6).toFixed(1)} GFLOP/s`);
}
await backend.dispose();

async function time<K extends OpName>(
  backend: Backend,
  op: K,
  attrs: NodeOf<K>['attrs'],
  inputs: readonly Shape[],
  outputs: readonly Shape[],
): Promise<number> {
  const program = await backend.load(oneOpPlan(backend, op, attrs, inputs, outputs));
  inputs.forEach((shape, i) => {
    program.write(
      `in${i}`,
      Float32Array.from({ length: sizeOf(shape) }, (_, j) => ((j * 7919) % 1013) / 1013 - 0.5),
    );
  });
  let least = Infinity;
  for (let run = 0; run < runs + 2; run++) {
    const begin = performance.now();
    await program.run('forward');
    if (run >= 2) least = Math.min(least, performance.now() - begin);
  }
  program.dispose();
  return least;
}
