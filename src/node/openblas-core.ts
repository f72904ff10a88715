import { readFileSync } from 'node:fs';
import type { Koffi, NativeFunction } from './koffi.ts';

/** What an OpenBLAS takes a processor for that it does not know: one of 2004, whose kernels are an eighth as fast as they could be. */
const unknown = 'Prescott';

/**
 * Has an OpenBLAS for many processors run the kernels of the best one that this is like, where it does not know this one, as it is when it
 * is older than the processor. Leaves a choice by `OPENBLAS_CORETYPE` as it is. Linux on x64: elsewhere nothing is known to be wrong.
 */
export function mendCore(koffi: Koffi, optional: (definition: string) => NativeFunction | undefined): void {
  const coreName = optional('const char *openblas_get_corename(void)');
  const quit = optional('void gotoblas_dynamic_quit(void)');
  const init = optional('void gotoblas_dynamic_init(void)');
  if (coreName?.() !== unknown || quit === undefined || init === undefined) return;
  const core = alike();
  if (core === undefined) return;
  // Not `process.env`, which in a worker is a copy.
  const libc = koffi.load(null);
  const variable = 'OPENBLAS_CORETYPE';
  if (libc.func('const char *getenv(const char *name)')(variable) !== null) return;
  libc.func('int setenv(const char *name, const char *value, int overwrite)')(variable, core, 0);
  try {
    quit();
    init();
  } finally {
    libc.func('int unsetenv(const char *name)')(variable);
  }
}

/** The core of OpenBLAS's that has the vectors of this processor. */
function alike(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuInfo())?.[1].split(' '));
  const has = (...names: readonly string[]): boolean => names.every((name) => flags.has(name));
  if (!has('avx2', 'fma')) return undefined;
  return has('avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl') ? 'SkylakeX' : 'Haswell';
}

function cpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
