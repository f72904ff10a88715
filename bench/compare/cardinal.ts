/** Cardinal as a contender: `node bench/compare/cardinal.ts WORK OPTIONS`, both JSON. */
import { z } from 'zod/mini';
import type { Backend, Program as LoadedProgram } from '../../src/backends/backend.ts';
import { sizeOf } from '../../src/base/shape.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/trace.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { findBlas } from '../../src/node/blas.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import { planTraining } from '../../src/plan/plan-training.ts';
import { repeatsOf, type Layer, type Pass } from './layer.ts';
import { loadPasses, type LoadedPasses } from './load-passes.ts';
import { sampleOf } from './sample.ts';
import { numbers, serve, type Program } from './serve.ts';
import { partsOf, workSchema, type LayerWork, type NetworkWork, type Work } from './work.ts';

const work = workSchema.parse(JSON.parse(process.argv[2]));
const options = z.object({ blas: z.boolean(), threads: z.int() }).parse(JSON.parse(process.argv[3]));
const backend = await createNodeBackend(options);
// Which library, and which of its kernels: OpenBLAS has one for each kind of processor.
const version = options.blas ? ((await findBlas())?.version ?? '') : 'WebAssembly alone';
await serve(await programOf(work));

function programOf(work: Work): Promise<Program> {
  if (!('layers' in work)) return network(backend, work);
  return work.kind === 'layers' ? layers(backend, work) : shapes(backend, work);
}

async function network(backend: Backend, work: NetworkWork): Promise<Program> {
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
    version,
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

/** Layers as a training step has them: x, w and dy are the same for all passes of one. */
async function layers(backend: Backend, { layers, passes, training }: LayerWork): Promise<Program> {
  const loaded: LoadedPasses[] = [];
  for (const layer of layers) loaded.push(await loadPasses(backend, layer, passes, { training }));
  return {
    version,
    async run() {
      for (const [index, { times }] of layers.entries())
        for (let i = 0; i < times; i++) await loaded[index].run();
    },
    results: () => sampled(loaded.flatMap((layer) => passes.map((pass) => layer.read(pass)))),
  };
}

/** Every pass of every layer by itself. */
async function shapes(backend: Backend, work: LayerWork): Promise<Program> {
  const parts: { layer: Layer; pass: Pass; loaded: LoadedPasses }[] = [];
  for (const { layer, pass } of partsOf(work)) {
    const { training } = work;
    parts.push({ layer, pass, loaded: await loadPasses(backend, layer, [pass], { training }) });
  }
  const times: number[] = [];
  return {
    version,
    async run() {
      for (const [index, { layer, loaded }] of parts.entries()) {
        const repeats = repeatsOf(layer);
        await loaded.run();
        const before = performance.now();
        for (let i = 0; i < repeats; i++) await loaded.run();
        times[index] = (performance.now() - before) / repeats;
      }
    },
    times: () => times,
    results: () => sampled(parts.map(({ loaded, pass }) => loaded.read(pass))),
  };
}

async function sampled(results: readonly Promise<Float32Array>[]): Promise<Float32Array> {
  const numbers: number[] = [];
  for (const result of results) numbers.push(...sampleOf(await result));
  return Float32Array.from(numbers);
}
