/** Cardinal as a contender: `node bench/compare/cardinal.ts WORK OPTIONS`, both JSON. */
import { z } from 'zod';
import type { Backend, Program as LoadedProgram } from '../../src/backends/backend.ts';
import type { Conv2dAttrs } from '../../src/graph/op-table.ts';
import { sizeOf } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/trace.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { findBlas } from '../../src/node/blas.ts';
import { planInference } from '../../src/plan/inference.ts';
import { planTraining } from '../../src/plan/training.ts';
import { oneOpPlan } from '../../test/support/one-op-plan.ts';
import { numbers, serve, type Program } from './serve.ts';
import { workSchema, type Layer, type Work } from './work.ts';

const work = workSchema.parse(JSON.parse(process.argv[2]));
const options = z.object({ blas: z.boolean(), threads: z.int() }).parse(JSON.parse(process.argv[3]));
const backend = await createNodeBackend(options);
await serve(work.kind === 'layers' ? await layers(backend, work.layers) : await network(backend, work));

async function network(backend: Backend, work: Exclude<Work, { kind: 'layers' }>): Promise<Program> {
  const { model: name, input, kind } = work;
  const model = createModel(name);
  const traced = trace(model, input, { training: kind === 'training' });
  const sgd = { kind: 'sgd', momentum: true, nesterov: false } as const;
  const plan =
    kind === 'training'
      ? planTraining(traced, backend, { name, optimizer: sgd })
      : planInference(traced, backend, { name });
  const program = await backend.load(plan);
  const known = new Set(plan.buffers.map((buffer) => buffer.name));
  for (const [key, { data }] of model.stateDict()) {
    if (data instanceof Float32Array && known.has(key)) program.write(key, data);
  }
  if (kind === 'forward') await program.run('prologue');
  const pictures = numbers(sizeOf(input), 1, 1);
  const classes = traced.output.shape[1];
  if (kind === 'training') {
    const target = new Float32Array(input[0] * classes);
    for (let n = 0; n < input[0]; n++) target[n * classes + (n % classes)] = 1;
    program.write('target', target);
    program.write('loss_gradient', Float32Array.of(1));
    // Learning rate 0: every run does the same work on the same numbers.
    program.write('hyper', Float32Array.of(0, 0.9, 1e-4));
  }
  return {
    version: await versionOf(options.blas),
    async run() {
      program.write('input', pictures);
      await program.run(kind === 'training' ? 'gradient' : 'forward');
      if (kind === 'training') await program.run('update');
      await program.read('logits');
    },
    results: () => (kind === 'training' ? lossAndGradients(program) : program.read('logits')),
  };
}

/** The loss, then gradients of the last layer and of the first, which all others go into, each of length 1. */
async function lossAndGradients(program: LoadedProgram): Promise<Float32Array> {
  const parts = [...(await program.read('loss'))];
  for (const name of ['grad.fc.weight', 'grad.conv1.weight']) {
    const gradient = await program.read(name);
    const length = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
    for (const value of gradient) parts.push(value / length);
  }
  return Float32Array.from(parts);
}

/** Forward and both gradients of each layer, as often as its network has it. */
async function layers(backend: Backend, list: readonly Layer[]): Promise<Program> {
  const steps = await Promise.all(list.map((layer) => loadLayer(backend, layer)));
  return {
    version: await versionOf(options.blas),
    async run() {
      for (const { times, programs } of steps) {
        for (let i = 0; i < times; i++) for (const program of programs) await program.run('forward');
      }
    },
    async results() {
      const parts: number[] = [];
      for (const { programs } of steps) {
        for (const program of programs) parts.push(...(await program.read('out0')).slice(0, 1000));
      }
      return Float32Array.from(parts);
    },
  };
}

async function loadLayer(backend: Backend, layer: Layer) {
  const { batch, channels, out, size, kernel, stride, groups, times } = layer;
  const place = Math.ceil(size / stride);
  const [x, w, y] = [
    [batch, channels, size, size],
    [out, channels / groups, kernel, kernel],
    [batch, out, place, place],
  ];
  const pad = (kernel - 1) / 2;
  const attrs: Conv2dAttrs = { stride: [stride, stride], padding: [pad, pad], dilation: [1, 1], groups };
  const plain = { ...attrs, bias: false, residual: false, relu: false };
  const programs = [
    await backend.load(oneOpPlan(backend, 'conv2d', plain, [x, w], [y])),
    await backend.load(
      oneOpPlan(backend, 'conv2d_backward_input', { ...attrs, inputSize: [size, size] }, [y, w], [x]),
    ),
    await backend.load(
      oneOpPlan(backend, 'conv2d_backward_weight', { ...attrs, kernelSize: [kernel, kernel] }, [y, x], [w]),
    ),
  ];
  const values = { x: numbers(sizeOf(x), 1, 1), w: numbers(sizeOf(w), 2, 0.1), dy: numbers(sizeOf(y), 3, 1) };
  const [forward, input, weight] = programs;
  forward.write('in0', values.x);
  forward.write('in1', values.w);
  input.write('in0', values.dy);
  input.write('in1', values.w);
  weight.write('in0', values.dy);
  weight.write('in1', values.x);
  return { times, programs };
}

/** Which library, and which of its kernels: OpenBLAS has one for each kind of processor. */
async function versionOf(blas: boolean): Promise<string> {
  return blas ? ((await findBlas())?.version ?? '') : 'WebAssembly alone';
}
