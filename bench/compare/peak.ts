import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CardinalError } from '../../src/base/errors.ts';
import type { KernelBuild } from '../../src/backends/wasm/builds.ts';
import { compileWide } from '../../src/node/wide-vectors.ts';

/** Enough to keep two units busy whose results come after four cycles, and with two constants no more than there are registers. */
const chains = 12;
/** Steps of a loop's round. */
const unrolled = 4;

/**
 * What threads of WebAssembly do at most, all at once, in GFLOP/s (2 per multiply–add of a float): independent chains of
 * a ← a·y + x on vectors in registers, nothing else read or written. They are of four floats, or of eight where `build` is wide.
 */
export async function wasmPeak(threads: number, build: KernelBuild): Promise<number> {
  const binary = await compile(build);
  const module = await (build === 'wide' ? compileWide(binary) : WebAssembly.compile(binary));
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('peak-worker.ts', import.meta.url), { workerData: { module } }),
  );
  const run = async (rounds: number): Promise<number> => {
    const done = workers.map((worker) => once(worker, 'message') as Promise<[number]>);
    for (const worker of workers) worker.postMessage(rounds);
    const flop = 2 * (build === 'wide' ? 8 : 4) * chains * unrolled * rounds;
    return (await Promise.all(done)).reduce((sum, [ms]) => sum + flop / ms / 1e6, 0);
  };
  try {
    // The engine compiles well only what ran before.
    for (let i = 0; i < 20; i++) await run(10_000);
    let most = 0;
    for (let i = 0; i < 20; i++) most = Math.max(most, await run(1_000_000));
    return most;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function compile(build: KernelBuild): Promise<Uint8Array<ArrayBuffer>> {
  const { default: asc } = await import('assemblyscript/asc');
  // Neighbours that are stored side by side become one vector of 256 bits.
  const numbers = Array.from({ length: build === 'wide' ? 2 * chains : chains }, (_, i) => i);
  const step = (i: number) =>
    build !== 'simd'
      ? `a${i} = f32x4.relaxed_madd(a${i}, y, x);`
      : `a${i} = f32x4.add(f32x4.mul(a${i}, y), x);`;
  // Constants that the compiler knew would be written into every step, and made anew by it.
  const source = `export function chains(rounds: i32, at: usize, addend: f32, factor: f32): void {
    const x = f32x4.splat(addend), y = f32x4.splat(factor);
    ${numbers.map((i) => `let a${i} = v128.load(at, ${16 * i});`).join(' ')}
    for (let i = 0; i < rounds; i++) { ${numbers.map(step).join(' ').concat(' ').repeat(unrolled)} }
    ${numbers.map((i) => `v128.store(at, a${i}, ${16 * i});`).join(' ')}
  }`;
  let binary: Uint8Array<ArrayBuffer> | undefined;
  let messages = '';
  const { error } = await asc.main(
    [
      ...['peak.ts', '--outFile', 'peak.wasm', '--optimizeLevel', '3', '--runtime', 'stub'],
      ...['--enable', build === 'simd' ? 'simd' : 'simd,relaxed-simd', '--initialMemory', '1'],
    ],
    {
      stderr: { write: (text) => (messages += text) },
      readFile: (name) => (name === 'peak.ts' ? source : null),
      writeFile: (_, contents) => {
        if (typeof contents !== 'string') binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || binary === undefined)
    throw new CardinalError(`peak.ts was not compiled: ${messages}`);
  return binary;
}
