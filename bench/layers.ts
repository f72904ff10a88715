/**
 * Times the convolutions of a network on one backend, for work on kernels: no peers, quick.
 *
 *   node bench/layers.ts --layer layer3 --only weight --no-blas
 *
 * GFLOP/s count 2 per multiply–accumulate and all threads together; the time is the least of the runs.
 */
import { modelInfo } from '../src/models/index.ts';
import { integer, oneOf } from '../src/cli/flags/values.ts';
import { createNodeBackend } from '../src/node/backend.ts';
import { kernelBuilds, type KernelBuild } from '../src/backends/wasm/builds.ts';
import { usableKernels } from '../src/node/kernels.ts';
import { benchCommand, runBench } from './command.ts';
import { convolutionsOf } from './compare/convolutions.ts';
import { describeLayer, flopOf, passes, type Pass } from './compare/layer.ts';
import { loadPasses } from './compare/load-passes.ts';
import { UsageError } from '../src/base/errors.ts';

interface Flags {
  readonly batch: number;
  readonly size?: number;
  readonly threads: number;
  readonly runs: number;
  readonly layer: string;
  readonly only?: Pass;
  readonly kernels?: KernelBuild;
  readonly blas: boolean;
}

await runBench(
  benchCommand('layers', 'Times the convolutions of a network on one backend, every pass by itself.')
    .argument('[model]', 'name in the registry', 'resnext50_32x4d')
    .option('--batch <n>', 'pictures', integer('--batch', 1), 1)
    .option('--size <n>', "side of the pictures (the network's)", integer('--size', 1))
    .option('--threads <n>', 'threads', integer('--threads', 1, 256), 2)
    .option('--runs <n>', 'runs of each', integer('--runs', 1), 5)
    .option(
      '--layer <text>',
      'only layers with this in their line, for example layer3, conv2, G32 or 56²',
      '',
    )
    .option('--only <pass>', 'forward, input or weight', oneOf('--only', passes))
    .option('--kernels <build>', 'wide, relaxed or simd (the fastest)', oneOf('--kernels', kernelBuilds))
    .option('--no-blas', 'leave matmuls to WebAssembly')
    .action(main),
);

async function main(model: string, flags: Flags): Promise<void> {
  const { batch, threads, runs, layer: wanted, only, blas } = flags;
  const [channels, side] = modelInfo(model).inputShape;
  const size = flags.size ?? side;
  const layers = convolutionsOf(model, [batch, channels, size, size])
    .map((layer) => ({ layer, label: `${layer.name} ${layer.times}× ${describeLayer(layer)}` }))
    .filter(({ label }) => label.includes(wanted));
  if (layers.length === 0)
    throw new UsageError(`--layer: no convolution of ${model} has '${wanted}' in its line`);
  const kernels = flags.kernels ?? usableKernels()[0];
  const backend = await createNodeBackend({ threads, kernels, ...(blas ? {} : { blas: false }) });
  console.log(`${model}, batch ${batch}, ${size}², ${backend.description}`);
  const width = Math.max(...layers.map(({ label }) => label.length));
  const totals = { forward: [0, 0], input: [0, 0], weight: [0, 0] };
  for (const { layer, label } of layers) {
    let line = label.padEnd(width);
    for (const pass of passes) {
      if (pass !== (only ?? pass) || (pass === 'input' && !layer.inputGradient)) continue;
      const loaded = await loadPasses(backend, layer, [pass], { training: true });
      let least = Infinity;
      for (let run = -2; run < runs; run++) {
        const begin = performance.now();
        await loaded.run();
        if (run >= 0) least = Math.min(least, performance.now() - begin);
      }
      loaded.dispose();
      totals[pass][0] += layer.times * least;
      totals[pass][1] += layer.times * flopOf(layer);
      line += `   ${pass} ${least.toFixed(2).padStart(7)} ms ${rate(flopOf(layer), least).padStart(5)}`;
    }
    console.log(line);
  }
  for (const pass of passes) {
    const [ms, flop] = totals[pass];
    if (ms > 0) console.log(`${pass.padEnd(8)} ${ms.toFixed(1)} ms, ${rate(flop, ms)} GFLOP/s`);
  }
  await backend.dispose();
}

function rate(flop: number, ms: number): string {
  return (flop / ms / 1e6).toFixed(1);
}
