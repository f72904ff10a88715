import { arch, env, versions } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { wasmFeatures } from './wasm-features.ts';

/**
 * WebAssembly's vectors have 128 bits. V8's optimising compiler can make one 256-bit operation of two neighbouring 128-bit ones,
 * which doubles the arithmetic of kernels written for it (AVX2), but has that step switched off: it is one of its
 * experimental flags. Here it is switched on while our module is compiled, and for nothing else in the process.
 *
 * Each lane goes through the same operations, so results are the same bit for bit; every conformance test asserts it.
 */

/** The versions of V8 that the tests were run on: those of Node 24, 25 and 26. Older ones have the flag to no effect. */
const OLDEST = [13, 6] as const;
const NEWEST_MAJOR = 14;

/**
 * Everything is compiled at once and by the optimising compiler, since what it is given later would be compiled without the flag.
 * It must then do without what the baseline compiler would have noted for it: inlining and deoptimisation.
 */
const whileCompiling = [
  'no-wasm-deopt',
  'no-wasm-inlining',
  'no-wasm-inlining-call-indirect',
  'no-liftoff',
  'no-wasm-lazy-compilation',
  'experimental-wasm-revectorize',
];

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

/** Compiles with 256-bit vectors. Blocks for some 30 ms. */
export function compileWide(binary: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  for (const flag of whileCompiling) setFlagsFromString(`--${flag}`);
  try {
    return new WebAssembly.Module(binary);
  } finally {
    for (const flag of whileCompiling.toReversed()) setFlagsFromString(`--${opposite(flag)}`);
  }
}

function opposite(flag: string): string {
  return flag.startsWith('no-') ? flag.slice(3) : `no-${flag}`;
}
