/** Cardinal as a contender: `node bench/compare/cardinal.ts WORK OPTIONS`, both JSON. */
import { z } from 'zod/mini';
import type { Backend } from '../../src/backends/backend.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { findBlas } from '../../src/node/blas.ts';
import { repeatsOf, type Layer, type Pass } from './layer.ts';
import { loadPasses, type LoadedPasses } from './load-passes.ts';
import { networkProgram } from './network.ts';
import type { Program } from './program.ts';
import { sampleOf } from './sample.ts';
import { serve } from './serve.ts';
import { partsOf, repeatsOfRun, workSchema, type LayerWork, type Work } from './work.ts';

const work = workSchema.parse(JSON.parse(process.argv[2]));
const options = z
  .object({ blas: z.boolean(), threads: z.int(), kernels: z.optional(z.enum(['wide', 'relaxed', 'simd'])) })
  .parse(JSON.parse(process.argv[3]));
const backend = await createNodeBackend(options);
// Which library, and which of its kernels: OpenBLAS has one for each kind of processor.
const version = options.blas ? ((await findBlas())?.version ?? '') : 'WebAssembly alone';
await serve(await programOf(work), repeatsOfRun(work));

function programOf(work: Work): Promise<Program> {
  if (!('layers' in work)) return networkProgram(backend, work, version);
  return work.kind === 'layers' ? layers(backend, work) : shapes(backend, work);
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
