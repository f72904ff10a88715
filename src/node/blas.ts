import { cpus, release } from 'node:os';
import { smallest } from '../base/extremes.ts';
import type { NativeProducts, OpenSgemm, Sgemm } from '../backends/wasm/blas.ts';
import { CardinalError, messageOf } from '../base/errors.ts';
import { loadKoffi } from './koffi.ts';
import { mendCore } from './openblas-core.ts';

/** A native BLAS library, opened on the calling thread. */
export interface Blas extends NativeProducts {
  /** OpenBLAS, MKL, BLIS or Accelerate; `CBLAS` for one that is none of these. */
  readonly name: string;
  /** As the loader found it. */
  readonly path: string;
}

/** Where libraries are looked for, by platform: the usual names first, then where package managers put them. */
const places: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    ...['libopenblas.so.0', 'libopenblas.so', 'libmkl_rt.so.2', 'libmkl_rt.so.1', 'libmkl_rt.so'],
    ...['libblis.so.4', 'libblis.so.3', 'libblis.so'],
  ],
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    ...['/opt/homebrew/opt/openblas/lib/libopenblas.dylib', '/usr/local/opt/openblas/lib/libopenblas.dylib'],
  ],
  win32: ['libopenblas.dll', 'openblas.dll', 'mkl_rt.2.dll'],
};

/** What to do where `findBlas` finds none. */
export async function blasInstallation(): Promise<string> {
  if (process.env['CARDINAL_BLAS'] === 'off') return 'CARDINAL_BLAS is off';
  try {
    await loadKoffi();
  } catch {
    return 'npm install koffi, which calls it';
  }
  return process.platform === 'linux'
    ? 'apt-get install libopenblas0-pthread'
    : 'install OpenBLAS, or name a library with CARDINAL_BLAS';
}

/**
 * The native library on this machine: the one that `CARDINAL_BLAS` names (a path, or what the loader finds; `off` for
 * none), else the first of the usual ones. Undefined if there is none, or koffi, an optional dependency, is not installed.
 * Throws a `CardinalError` if the one that is named cannot be used.
 */
export async function findBlas(
  wanted: string | undefined = process.env['CARDINAL_BLAS'],
): Promise<Blas | undefined> {
  if (wanted === 'off') return undefined;
  const named = wanted !== undefined && wanted !== '';
  const candidates = named ? [wanted] : (places[process.platform] ?? []);
  for (const path of candidates) {
    try {
      return await openBlas(path);
    } catch (error) {
      if (named) {
        throw new CardinalError(
          `CARDINAL_BLAS: cannot use ${path}: ${messageOf(error).split('\n')[0]}; name another library, or off for none`,
          { cause: error },
        );
      }
    }
  }
  return undefined;
}

/** CblasRowMajor, CblasNoTrans, CblasTrans. */
const rowMajor = 101;
const asItIs = 111;
const transposed = 112;

/**
 * Opens a library by its path and checks that it computes correctly: some builds of OpenBLAS do not on some
 * processors, or not on several threads. Its own threads are disabled, because ours share the work. Every
 * thread that calls it opens it.
 */
export async function openBlas(path: string): Promise<Blas> {
  // Accelerate's only switch.
  if (process.platform === 'darwin') process.env['VECLIB_MAXIMUM_THREADS'] = '1';
  const koffi = await loadKoffi();
  const library = koffi.load(path);
  const optional: Optional = (definition) => {
    try {
      return library.func(definition);
    } catch {
      return undefined;
    }
  };
  const sgemm = library.func(
    'void cblas_sgemm(int order, int transA, int transB, int m, int n, int k, float alpha, void *a, int lda, void *b, int ldb, float beta, void *c, int ldc)',
  );
  mendCore(koffi, optional);
  optional('void openblas_set_num_threads(int threads)')?.(1);
  optional('void MKL_Set_Num_Threads(int threads)')?.(1);
  optional('void bli_thread_set_num_threads(int64_t threads)')?.(1);

  const openSgemm: OpenSgemm = (memory) => {
    // A shared memory never moves, and addresses stay below 2⁵³.
    const bytes = new Uint8Array(memory.buffer);
    const base = Number(koffi.address(bytes));
    const call: Sgemm = ({ transposeA, transposeB, m, n, k, a, lda, b, ldb, beta, c, ldc }) => {
      // `bytes` is used here for another reason, too: the memory must not be collected while this function lives.
      const size = bytes.length;
      requireInside(size, a, transposeA ? k : m, transposeA ? m : k, lda);
      requireInside(size, b, transposeB ? n : k, transposeB ? k : n, ldb);
      requireInside(size, c, m, n, ldc);
      sgemm(
        rowMajor,
        transposeA ? transposed : asItIs,
        transposeB ? transposed : asItIs,
        ...([m, n, k, 1, base + a, lda, base + b, ldb, beta, base + c, ldc] as const),
      );
    };
    return call;
  };
  const configuration = optional('const char *openblas_get_config(void)')?.();
  // Built for one thread, OpenBLAS hands out its buffers without a lock: two of ours would compute in the same one. Locks
  // can be built in all the same, and newer versions say so.
  const single = optional('int openblas_get_parallel(void)')?.() === 0;
  if (single && !String(configuration).includes('USE_LOCKING')) {
    throw new Error('this OpenBLAS was built for programs of one thread; take its pthread or OpenMP build');
  }
  requireRight(openSgemm);
  return {
    name: nameOf(path, typeof configuration === 'string'),
    path,
    version: typeof configuration === 'string' ? configuration.trim() : otherVersion(path, optional),
    processor: coreOf(optional) ?? cpus().at(0)?.model.trim() ?? 'unknown',
    openSgemm,
    unpacked: hasSmallKernels(optional) ? UNPACKED : 0,
  };
}

/** OpenBLAS's own limit (`sgemm_small_matrix_permit`), the same in all versions that have one. */
const UNPACKED = 1e6;

/** The kernels of OpenBLAS for AVX-512; those for other processors pack always. */
const smallKernels = ['SkylakeX', 'Cooperlake', 'SapphireRapids'];

/**
 * What libraries other than OpenBLAS report as their version: BLIS does, Accelerate comes with its system, MKL's is
 * not asked.
 */
function otherVersion(path: string, optional: Optional): string {
  if (path.includes('Accelerate')) return `Darwin ${release()}`;
  const version = optional('const char *bli_info_get_version_str(void)')?.();
  return typeof version === 'string' ? version : '';
}

type Optional = (definition: string) => ((...args: unknown[]) => unknown) | undefined;

/** The processor whose kernels an OpenBLAS runs. Other libraries do not report it, or not in one way. */
function coreOf(optional: Optional): string | undefined {
  const core = optional('const char *openblas_get_corename(void)')?.();
  return typeof core === 'string' ? core : undefined;
}

/** Whether this is an OpenBLAS that was built with kernels for small matrices, and runs those for AVX-512. */
function hasSmallKernels(optional: Optional): boolean {
  const core = coreOf(optional) ?? '';
  const builtIn = optional(`void sgemm_small_kernel_nn_${core.toUpperCase()}(void)`) !== undefined;
  return builtIn && smallKernels.includes(core);
}

/** The library checks no address. Kernels of the module trap where they leave the memory, so this does as well. */
function requireInside(size: number, at: number, rows: number, columns: number, stride: number): void {
  const end = at + 4 * ((rows - 1) * stride + columns);
  if (!(at >= 0 && rows > 0 && columns > 0 && stride >= columns && end <= size)) {
    throw new RangeError(
      `no matrix: ${rows}×${columns}, rows ${stride} apart, at ${at} in a memory of ${size} bytes`,
    );
  }
}

function nameOf(path: string, isOpenBlas: boolean): string {
  if (isOpenBlas) return 'OpenBLAS';
  if (path.includes('mkl')) return 'MKL';
  if (path.includes('blis')) return 'BLIS';
  return path.includes('Accelerate') ? 'Accelerate' : 'CBLAS';
}

/** Throws unless small matmuls of whole numbers are exact, in every way of storing them, overwritten and added to. */
function requireRight(openSgemm: OpenSgemm): void {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
  const numbers = new Float32Array(memory.buffer);
  const sgemm = openSgemm(memory);
  const [m, n, k] = [67, 43, 59];
  const [a, b, c] = [0, m * k, m * k + k * n];
  // Sums stay far below 2²⁴, so every order of adding gives the same.
  for (let i = 0; i < c; i++) numbers[i] = ((i * 7919) % 31) - 15;
  for (const [transposeA, transposeB] of [
    [false, false],
    [false, true],
    [true, false],
  ]) {
    // With beta 0 nothing may be left of what was there: buffers hold anything before a run.
    numbers.fill(NaN, c, c + m * n);
    for (const beta of [0, 1]) {
      const [lda, ldb] = [transposeA ? m : k, transposeB ? k : n];
      sgemm({ transposeA, transposeB, m, n, k, a: 4 * a, lda, b: 4 * b, ldb, beta, c: 4 * c, ldc: n });
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) {
          const left = numbers[a + (transposeA ? l * m + i : i * k + l)];
          sum += left * numbers[b + (transposeB ? j * k + l : l * n + j)];
        }
        if (numbers[c + i * n + j] !== 2 * sum)
          throw new Error('it computes wrong results on this processor');
      }
    }
  }
}

/** What `doctor` reports on the native library. */
export interface BlasInfo extends Omit<Blas, 'openSgemm' | 'unpacked' | 'processor'> {
  /** Billions of floating-point operations a second, of one thread. */
  readonly gflops: number;
}

/** The native library on this machine, measured on a matmul of the size that these networks have; null if there is none. */
export async function blasInfo(): Promise<BlasInfo | null> {
  const blas = await findBlas();
  if (blas === undefined) return null;
  const { name, path, version, openSgemm } = blas;
  const [m, n, k] = [784, 256, 512];
  const pages = Math.ceil((4 * (m * k + k * n + m * n)) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  new Float32Array(memory.buffer).fill(0.5);
  const sgemm = openSgemm(memory);
  const times = Array.from({ length: 9 }, () => {
    const before = performance.now();
    sgemm({
      ...{ transposeA: false, transposeB: false, m, n, k, beta: 0 },
      ...{ a: 0, lda: k, b: 4 * m * k, ldb: n, c: 4 * (m * k + k * n), ldc: n },
    });
    return performance.now() - before;
  });
  return { name, path, version, gflops: (2 * m * n * k) / smallest(times) / 1e6 };
}
