import type { Backend } from '../../src/backends/backend.ts';
import { createWasmBackend } from '../../src/backends/wasm/backend.ts';
import { multiplyAddOf } from '../../src/backends/wasm/builds.ts';
import { createNodeBackend, type NodeBackendOptions } from '../../src/node/backend.ts';
import { findBlas } from '../../src/node/blas.ts';
import { loadKernels, usableKernels } from '../../src/node/kernels.ts';
import { wideVectors } from '../../src/node/wide-vectors.ts';
import type { BackendKind } from '../conformance/suite.ts';

/** More threads than cores must not matter either. */
const threads = [1, 2, 3];

/**
 * Opens everything that must agree with `reference`, on each number of threads that the tests use. Only relaxed SIMD,
 * 256-bit vectors and a native matrix library may be missing, and that is said aloud: a backend that does not open must not pass its tests.
 */
export async function openBackends(): Promise<readonly BackendKind[]> {
  const opened = [
    { name: 'reference', exact: true, backends: [await createNodeBackend({ name: 'reference' })] },
    {
      name: 'wasm simd',
      exact: true,
      backends: [...(await openWasm({ kernels: 'simd' })), await openUnshared()],
    },
  ];
  const usable = usableKernels();
  if (usable.includes('relaxed')) {
    const backends = await openWasm({ kernels: 'relaxed' });
    // One that computes in another thread is asked in another way, and computes the same.
    backends.push(await createNodeBackend({ kernels: 'relaxed', threads: 1, blas: false, isolated: true }));
    // Bit for bit the same.
    if (usable.includes('wide')) backends.push(...(await openWasm({ kernels: 'wide' })));
    else console.warn(`SKIPPED: no test runs with 256-bit vectors: ${wideVectors().reason}`);
    opened.push({ name: 'wasm relaxed', exact: true, backends });
  } else console.warn('SKIPPED: no test runs with relaxed SIMD, which this engine lacks');
  const blas = await findBlas();
  if (blas !== undefined) {
    opened.push({ name: `wasm and ${blas.name}`, exact: false, backends: await openWasm({ blas: true }) });
  } else console.warn('SKIPPED: no test runs with a native matrix library, which this machine lacks');
  return opened;
}

async function openWasm(options: Pick<NodeBackendOptions, 'kernels' | 'blas'>): Promise<Backend[]> {
  const backends: Backend[] = [];
  for (const count of threads) {
    backends.push(await createNodeBackend({ name: 'wasm', threads: count, blas: false, ...options }));
  }
  return backends;
}

/** As a page has it that is not cross-origin isolated: memory that no thread shares, and that one program takes from another. */
async function openUnshared(): Promise<Backend> {
  const kernels = await loadKernels('simd', false);
  const spawn = () => {
    throw new Error('one thread needs no worker');
  };
  const multiplyAdd = multiplyAddOf(kernels.build);
  return createWasmBackend({
    ...kernels,
    multiplyAdd,
    threads: 1,
    spawn,
    maySleep: true,
    keepFreed: 2 ** 28,
  });
}
