import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CardinalError, UsageError, messageOf } from '../base/errors.ts';
import type { Backend } from '../backends/backend.ts';
import { createReferenceBackend } from '../backends/reference/backend.ts';
import { createWasmBackend } from '../backends/wasm/backend.ts';
import { blasInstallation, findBlas } from './blas.ts';
import { spawnWasmWorker } from './spawn-wasm-worker.ts';
import { wasmFeatures } from './wasm-features.ts';

/** More threads than this gain nothing on the layers of these networks. */
const MOST_THREADS = 16;

export interface NodeBackendOptions {
  /** `wasm` (default) or `reference`, the slow specification. */
  readonly name?: 'wasm' | 'reference';
  /** Threads that compute, the calling one included. Default: as many as the machine has, at most 16. */
  readonly threads?: number;
  /** Use relaxed SIMD (one rounding per multiply–add). Default: if the engine has it. */
  readonly relaxed?: boolean;
  /**
   * Have matrix products done by the native library that `findBlas` finds. Default: if there is one. Without it results
   * are the same on every machine; with it they depend on the library.
   */
  readonly blas?: boolean;
}

/**
 * The backend for this machine.
 * @throws {UsageError} if `threads` is not a positive integer.
 * @throws {CardinalError} if the engine lacks what is asked for, or the kernels were not built.
 */
export async function createNodeBackend(options: NodeBackendOptions = {}): Promise<Backend> {
  const { name = 'wasm', threads = defaultThreads() } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new UsageError(`threads must be an integer from 1 to 256, got ${threads}`);
  }
  if (name === 'reference') return createReferenceBackend();
  const features = wasmFeatures();
  const relaxed = options.relaxed ?? features.relaxedSimd;
  if (!features.simd || !features.threads || (relaxed && !features.relaxedSimd)) {
    throw new CardinalError(
      `this JavaScript engine lacks WebAssembly ${relaxed ? 'relaxed ' : ''}SIMD or shared memory; take Node 22 or newer`,
    );
  }
  const module = await compileKernels(relaxed);
  const blas = options.blas === false ? undefined : await findBlas();
  if (blas === undefined && options.blas === true) {
    throw new CardinalError(`no native matrix library was found: ${await blasInstallation()}`);
  }
  const spawn = () => spawnWasmWorker(blas?.path);
  return createWasmBackend({ module, threads, spawn, maySleep: true, blas });
}

/** As many threads as the machine runs at once, at most 16. */
export function defaultThreads(): number {
  return Math.min(availableParallelism(), MOST_THREADS);
}

async function compileKernels(relaxed: boolean): Promise<WebAssembly.Module> {
  const file = join(packageRoot(), 'dist/kernels', relaxed ? 'kernels-relaxed.wasm' : 'kernels-simd.wasm');
  try {
    return await WebAssembly.compile(await readFile(file));
  } catch (error) {
    throw new CardinalError(`cannot load the kernels (${messageOf(error)}); run "npm run build:kernels"`, {
      cause: error,
    });
  }
}

/** The nearest folder above this file with a package.json: two levels up from src/node, three from dist/src/node. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}
