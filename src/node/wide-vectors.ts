import { arch, env, versions } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { wasmFeatures } from './wasm-features.ts';

/**
 * WebAssembly's vectors have 128 bits. V8's optimising compiler can make one 256-bit operation of two neighbouring 128-bit ones,
 * which doubles the arithmetic of kernels written for it (AVX2), but has that step switched off: it is one of its
 * experimental flags. Here it is switched on while our functions are compiled, and off again: nothing else in the process is
 * compiled with it, but for what another thread happens to compile in the same moment, to the same results.
 *
 * Each lane goes through the same operations, so results are the same bit for bit; every conformance test asserts it.
 */

/** The versions of V8 that the tests were run on: those of Node 24, 25 and 26. Older ones have the flag to no effect. */
const OLDEST = [13, 6] as const;
const NEWEST_MAJOR = 14;

export interface WideVectors {
  readonly usable: boolean;
  /** What is missing, in words; empty if nothing is. */
  readonly reason: string;
}

/**
 * Whether the wide kernels are any good here. `CARDINAL_WIDE=0` says no, `CARDINAL_WIDE=1` yes on a V8 that was not tried.
 */
export function wideVectors(): WideVectors {
  const reason = whatIsMissing(env['CARDINAL_WIDE'], arch, versions.v8, wasmFeatures().fused);
  return { usable: reason === '', reason };
}

/** @internal */
export function whatIsMissing(wish: string | undefined, arch: string, v8: string, fused: boolean): string {
  if (wish === '0') return 'CARDINAL_WIDE=0 asks for none';
  if (arch !== 'x64') return `V8 has them on x64 alone, this is ${arch}`;
  // Processors that fuse multiply–adds have AVX2, but for a few of 2012 to 2014, on which the kernels are slow, not wrong.
  if (!fused) return 'this processor lacks AVX2';
  const [major = 0, minor = 0] = v8.split('.').map(Number);
  const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (old) return `V8 ${v8} is too old; take Node 24 or newer`;
  if (major > NEWEST_MAJOR && wish !== '1') return `not tried on V8 ${v8}; CARDINAL_WIDE=1 tries`;
  return '';
}

/**
 * Compiles a module and has every function that it exports optimised at once, with 256-bit vectors. Blocks for some 30 ms.
 *
 * The usual way, from the baseline compiler to the optimising one when a function has run for a while, would meet the flag
 * switched off. Flags that change this for all modules are no way: switched while another thread compiles, they crash it.
 */
export async function compileWide(binary: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  const module = await WebAssembly.compile(binary);
  // An instance names the functions, none of which runs.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  await alone(() => {
    for (const flag of flags) setFlagsFromString(`--${flag}`);
    try {
      const optimise = new Script('(f) => %WasmTierUpFunction(f)').runInThisContext() as (f: unknown) => void;
      for (const one of Object.values(exports)) if (typeof one === 'function') optimise(one);
    } finally {
      for (const flag of flags) setFlagsFromString(`--no-${flag}`);
    }
  });
  return module;
}

/** The second is for the function by which V8's own tests optimise another. */
const flags = ['experimental-wasm-revectorize', 'allow-natives-syntax'];

/** Flags are the whole process's: threads that came together would switch them off for each other. */
async function alone(work: () => void): Promise<void> {
  // Node has locks from 24.5 on. Before it, two threads that start backends in the same moment may get slow kernels.
  const { locks } = navigator as { readonly locks?: LockManager };
  if (locks === undefined) {
    work();
    return;
  }
  // Who only waits for a lock does not keep a process from ending.
  const awake = setInterval(() => undefined, 1000);
  await locks.request('cardinal-nn: flags of V8', work).finally(() => {
    clearInterval(awake);
  });
}
