import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CardinalError } from '../../src/base/errors.ts';

/** Enough to keep two units busy whose results come after four cycles, and with two constants no more than there are registers. */
const chains = 12;
/** Steps of a loop's round. */
const unrolled = 4;

/**
 * What threads of WebAssembly do at most, all at once, in GFLOP/s (2 per multiply–add of a float): independent chains of
 * a ← a·y + x on vectors of four floats in registers, nothing read or written.
 */
export async function wasmPeak(threads: number, relaxed: boolean): Promise<number> {
  const module = await WebAssembly.compile(await compile(relaxed));
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('peak-worker.ts', import.meta.url), { workerData: { module } }),
  );
  const run = async (rounds: number): Promise<number> => {
    const done = workers.map((worker) => once(worker, 'message') as Promise<[number]>);
    for (const worker of workers) worker.postMessage(rounds);
    const flop = 2 * 4 * chains * unrolled * rounds;
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

async function compile(relaxed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const { default: asc } = await import('assemblyscript/asc');
  const numbers = Array.from({ length: chains }, (_, i) => i);
  const step = (i: number) =>
    relaxed ? `a${i} = f32x4.relaxed_madd(a${i}, y, x);` : `a${i} = f32x4.add(f32x4.mul(a${i}, y), x);`;
  // Constants that the compiler knew would be written into every step, and made anew by it.
  const source = `export function chains(rounds: i32, addend: f32, factor: f32): f32 {
    const x = f32x4.splat(addend), y = f32x4.splat(factor);
    ${numbers.map((i) => `let a${i} = f32x4.splat(${i});`).join(' ')}
    for (let i = 0; i < rounds; i++) { ${numbers.map(step).join(' ').concat(' ').repeat(unrolled)} }
    return f32x4.extract_lane(${numbers.map((i) => `a${i}`).reduce((sum, a) => `f32x4.add(${sum}, ${a})`)}, 0);
  }`;
  let binary: Uint8Array<ArrayBuffer> | undefined;
  let messages = '';
  const { error } = await asc.main(
    [
      ...['peak.ts', '--outFile', 'peak.wasm', '--optimizeLevel', '3', '--runtime', 'stub'],
      ...['--enable', relaxed ? 'simd,relaxed-simd' : 'simd'],
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
