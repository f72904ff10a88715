import { arch, env, versions } from 'node:process';
import { Script } from 'node:vm';
import { withFlags } from './v8-flags.ts';
import { wasmFeatures } from '../backends/wasm/features.ts';
import { wideTrials, type WideTrial } from './wide-trials.ts';

/**
 * WebAssembly's vectors have 128 bits. V8's optimising compiler can make one 256-bit operation of two neighbouring 128-bit ones,
 * which doubles the arithmetic of kernels written for it (AVX2), but has that step disabled: it is one of its
 * experimental flags. Here it is switched on while our functions are compiled, and off again: nothing else in the process is
 * compiled with it, but for what another thread happens to compile in the same moment, to the same results.
 *
 * Being experimental, it ends the process on some functions in some versions. So it is used on versions that were tried alone,
 * and not on the functions that did not come through (`wide-trials.ts`); these are compiled as usual.
 *
 * Each lane goes through the same operations, so results are the same bit for bit; every conformance test asserts it.
 */

/** The oldest V8 that packs vectors. Before it the flag has no effect, and wide kernels are slow. */
const OLDEST = [13, 6] as const;

export interface WideVectors {
  readonly usable: boolean;
  /** What is missing, in words; empty if nothing is. */
  readonly reason: string;
  /** Kernels that are compiled as usual all the same, because this V8 cannot make wide vectors of them. */
  readonly except: readonly string[];
}

/**
 * Whether the wide kernels are any good here. `CARDINAL_WIDE=0` disables them, `CARDINAL_WIDE=1` enables them on a V8
 * that was not tried.
 */
export function wideVectors(): WideVectors {
  const reason = missingForWide(env['CARDINAL_WIDE'], arch, versions.v8, wasmFeatures().fused);
  const usable = reason === '';
  return { usable, reason, except: usable ? [...fatalOn(versions.v8)] : [] };
}

/**
 * What 256-bit vectors lack here, in words; empty if nothing.
 *
 * @internal
 */
export function missingForWide(wish: string | undefined, arch: string, v8: string, fused: boolean): string {
  if (wish === '0') return 'CARDINAL_WIDE=0 asks for none';
  if (arch !== 'x64') return `V8 has them on x64 alone, this is ${arch}`;
  // Processors that fuse multiply–adds have AVX2, but for a few of 2012 to 2014, on which the kernels are slow, not wrong.
  if (!fused) return 'this processor lacks AVX2';
  const [major = 0, minor = 0] = v8.split('.').map(Number);
  const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  if (old) return `V8 ${v8} is too old; use Node 24 or newer`;
  if (trialOn(v8) === undefined && wish !== '1') return `not tried on V8 ${v8}; CARDINAL_WIDE=1 tries`;
  return '';
}

function trialOn(v8: string): WideTrial | undefined {
  const version = v8.split('.').slice(0, 2).join('.');
  return Object.hasOwn(wideTrials, version) ? wideTrials[version] : undefined;
}

/** The exports that this V8 is not to make wide vectors of; of one that was not tried, those that any other failed on. */
function fatalOn(v8: string): ReadonlySet<string> {
  return new Set(trialOn(v8)?.fatal ?? Object.values(wideTrials).flatMap(({ fatal }) => fatal));
}

export interface WideOptions {
  /** Exports that are not to get wide vectors. Default: those that this V8 failed on when it was tried. */
  readonly fatal?: ReadonlySet<string> | undefined;
  /** Whether the module imports shared memory. Default: it does. */
  readonly shared?: boolean | undefined;
  /** Called before each function is optimised. */
  readonly onFunction?: ((name: string) => void) | undefined;
}

/**
 * Compiles a module and has every function that it exports optimised at once, with 256-bit vectors where V8 can be trusted to.
 * Blocks for some 30 ms.
 *
 * The usual way, from the baseline compiler to the optimising one when a function has run for a while, would meet the flag
 * switched off. Flags that change this for all modules are no way: switched while another thread compiles, they crash it.
 */
export async function compileWide(
  binary: Uint8Array<ArrayBuffer>,
  { fatal = fatalOn(versions.v8), shared = true, onFunction }: WideOptions = {},
): Promise<WebAssembly.Module> {
  const module = await WebAssembly.compile(binary);
  // An instance names the functions, none of which runs.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  const functions = Object.entries(exports).filter(([, value]) => typeof value === 'function');
  await alone(() => {
    withFlags({ 'allow-natives-syntax': true }, () => {
      // The function by which V8's own tests optimise another.
      const optimise = new Script('(f) => %WasmTierUpFunction(f)').runInThisContext() as (f: unknown) => void;
      for (const wide of [false, true]) {
        withFlags({ 'experimental-wasm-revectorize': wide }, () => {
          // What must not be wide comes first: what is optimised is not compiled again, whoever switches the flag on.
          for (const [name, value] of functions) {
            if (fatal.has(name) === wide) continue;
            onFunction?.(name);
            optimise(value);
          }
        });
      }
    });
  });
  return module;
}

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
