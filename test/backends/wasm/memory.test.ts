import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { createWasmBackend, type WasmBackendOptions } from '../../../src/backends/wasm/backend.ts';
import { wasmFeatures } from '../../../src/backends/wasm/features.ts';
import type { Message, WorkerHandle } from '../../../src/backends/wasm/messages.ts';
import { loadKernels } from '../../../src/node/kernels.ts';
import { spawnWasmWorker } from '../../../src/node/spawn-wasm-worker.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { oneOpPlan } from '../../support/steps-plan.ts';

/** All memories of this thread that were made in a test. */
const made: WebAssembly.Memory[] = [];
const Memory = WebAssembly.Memory;
const opened: Backend[] = [];

beforeEach(() => {
  wasmFeatures(); // Which makes one, in the first test.
  made.length = 0;
  vi.spyOn(WebAssembly, 'Memory').mockImplementation(function (descriptor) {
    const memory = new Memory(descriptor);
    made.push(memory);
    return memory;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(opened.splice(0).map((backend) => backend.dispose()));
});

async function open(options: Partial<WasmBackendOptions> = {}): Promise<Backend> {
  const { module } = await loadKernels('simd', options.shared);
  const usual = { module, threads: 1, spawn: () => spawnWasmWorker(), maySleep: true };
  const backend = await createWasmBackend({ ...usual, ...options });
  opened.push(backend);
  return backend;
}

/** 2×k times the k×k unit matrix. */
function identity(backend: Backend, k = 3): Plan {
  const shapes = [
    [2, k],
    [k, k],
  ];
  return oneOpPlan(backend, 'linear', { bias: false }, shapes, [[2, k]]);
}

/** Computes in a program that nobody used before, and leaves it full of numbers. */
async function use(backend: Backend, k = 3): Promise<void> {
  const program = await backend.load(identity(backend, k));
  const buffers = program.plan.buffers.filter(({ role }) => role !== 'workspace');
  for (const { name } of buffers) expect((await program.read(name)).every((value) => value === 0)).toBe(true);
  const x = Float32Array.from({ length: 2 * k }, (_, index) => index + 1);
  program.write(
    'in1',
    Float32Array.from({ length: k * k }, (_, index) => (index % (k + 1) === 0 ? 1 : 0)),
  );
  program.write('in0', x);
  await program.run('forward');
  expect(await program.read('out0')).toEqual(x);
  await program.dispose();
}

describe('memory that is not shared', () => {
  test('does for one thread', async () => {
    const backend = await open({ shared: false });
    await use(backend);
    expect(made.map(({ buffer }) => buffer instanceof ArrayBuffer)).toEqual([true]);
    expect(backend.description).toBe('1 thread, WebAssembly');
  });

  test('is refused to several threads, and kernels for the other kind are', async () => {
    await expect(open({ shared: false, threads: 2 })).rejects.toThrow(
      /^createWasmBackend: expected 1 thread where memory is not shared, got 2; /,
    );
    const { module } = await loadKernels('simd');
    const backend = await open({ module, shared: false });
    await expect(backend.load(identity(backend))).rejects.toThrow(
      /^the kernels do not fit a backend with shared: false: /,
    );
  });

  test('is what an engine without SharedArrayBuffer computes in, on one thread', async () => {
    const script = `
      delete globalThis.SharedArrayBuffer;
      delete globalThis.Atomics;
      const { createBackend, capabilities } = await import('./src/node/index.ts');
      const { createModel, compile, tensor } = await import('./src/index.ts');
      const { wasm, uses } = capabilities();
      const backend = await createBackend({ blas: false });
      const model = createModel('resnext_cifar', { layers: [1], cardinality: 2, baseWidth: 8, planes: 8 });
      const compiled = await compile(model, { input: [1, 3, 16, 16], backend });
      const { data } = await compiled.forward(new Float32Array(3 * 256).fill(0.5));
      const refused = await createBackend({ threads: 2, blas: false }).catch((error) => \`\${error.name}: \${error.message}\`);
      console.log(JSON.stringify({
        shares: wasm.threads, threads: uses.threads, refused,
        description: backend.description, finite: data.every(Number.isFinite),
      }));
      await backend.dispose();
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(JSON.parse(stdout)).toEqual({
      ...{ shares: false, threads: 1, finite: true },
      description: expect.stringMatching(/^1 thread, WebAssembly (wide|relaxed|simd)$/) as string,
      refused: expect.stringMatching(
        /^UsageError: .*expected 1 thread where memory is not shared, got 2; /,
      ) as string,
    });
  });
});

describe('freed memory', () => {
  test('is used again, zeroed, by 200 programs in turn on three threads', async () => {
    const backend = await open({ threads: 3, keepFreed: 2 ** 28 });
    for (let round = 0; round < 200; round++) await use(backend, 3 + (round % 5));
    expect(made).toHaveLength(1);
  });

  test('is used again where it is not shared', async () => {
    const backend = await open({ shared: false, keepFreed: 2 ** 28 });
    for (let round = 0; round < 5; round++) await use(backend);
    expect(made).toHaveLength(1);
  });

  test('is left to the engine unless some is to be kept', async () => {
    const backend = await open();
    for (let round = 0; round < 3; round++) await use(backend);
    expect(made).toHaveLength(3);
  });

  test('of a program that failed to load is free again', async () => {
    const backend = await open({ keepFreed: 2 ** 28 });
    const instantiate = vi.spyOn(WebAssembly, 'instantiate').mockRejectedValueOnce(new Error('no instance'));
    await expect(backend.load(identity(backend))).rejects.toThrow('no instance');
    instantiate.mockRestore();
    await use(backend);
    expect(made).toHaveLength(1);
  });

  test('is not used again as long as a thread may have it', async () => {
    const worker = new HeldWorker();
    const backend = await open({ threads: 2, keepFreed: 2 ** 28, spawn: () => worker.handle });
    const first = await backend.load(identity(backend));
    worker.holds = true;
    const freed = first.dispose();
    await backend.load(identity(backend));
    worker.holds = false;
    worker.release();
    await freed;
    await backend.load(identity(backend));
    const [a, b, c] = worker.memories;
    expect(b).not.toBe(a);
    expect(c).toBe(a);
  });

  test('of a thread that ended is not used again: it may still be in a kernel', async () => {
    const worker = new HeldWorker();
    const backend = await open({ threads: 2, keepFreed: 2 ** 28, spawn: () => worker.handle });
    const program = await backend.load(identity(backend));
    worker.fails = true;
    await program.dispose();
    worker.fails = false;
    await backend.load(identity(backend));
    expect(worker.memories[1]).not.toBe(worker.memories[0]);
  });
});

/** A worker that computes nothing and keeps what it is told to unload until it is released. */
class HeldWorker {
  readonly memories: WebAssembly.Memory[] = [];
  holds = false;
  fails = false;
  release: () => void = () => undefined;

  readonly handle: WorkerHandle = {
    request: (message: Message) => {
      if (message.type === 'load') this.memories.push(message.memory);
      if (message.type !== 'unload') return Promise.resolve();
      if (this.fails) return Promise.reject(new Error('the worker ended'));
      if (!this.holds) return Promise.resolve();
      return new Promise((resolve) => {
        this.release = resolve;
      });
    },
    onEnd: () => undefined,
    terminate: () => Promise.resolve(),
  };
}
