import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { createWasmBackend } from '../../../src/backends/wasm/backend.ts';
import { control, controlWords } from '../../../src/backends/wasm/control.ts';
import type { WorkerHandle } from '../../../src/backends/wasm/messages.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { DeviceLostError } from '../../../src/base/errors.ts';
import { createNodeBackend } from '../../../src/node/backend.ts';
import { mostThreads } from '../../../src/node/threads.ts';
import { spawnWasmWorker } from '../../../src/node/spawn-wasm-worker.ts';
import { capabilities } from '../../../src/node/capabilities.ts';
import { oneOpPlan } from '../../support/steps-plan.ts';

const opened: Backend[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((backend) => backend.dispose()));
});

async function open(threads: number): Promise<Backend> {
  // Native code does not trap, which some of these tests have kernels do.
  const backend = await createNodeBackend({ threads, blas: false });
  opened.push(backend);
  return backend;
}

/** 2×3 times the 3×3 unit matrix, so that what goes in comes out. */
function identity(backend: Backend): Plan {
  return oneOpPlan(
    backend,
    'linear',
    { bias: false },
    [
      [2, 3],
      [3, 3],
    ],
    [[2, 3]],
  );
}

const unit = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);

describe('a program', () => {
  test('runs beside another one, on more threads than there are cores', async () => {
    const backend = await open(5);
    const programs = await Promise.all([backend.load(identity(backend)), backend.load(identity(backend))]);
    for (let round = 0; round < 300; round++) {
      for (const [index, program] of programs.entries()) {
        const x = Float32Array.from({ length: 6 }, (_, i) => round + 10 * i + index);
        if (round === 0) program.write('in1', unit);
        program.write('in0', x);
        await program.run('forward');
        expect(await program.read('out0')).toEqual(x);
      }
    }
  });

  test('is refused when a worker was lost, since it would wait for it for ever', async () => {
    const workers: WorkerHandle[] = [];
    const spawn = () => {
      const worker = spawnWasmWorker();
      workers.push(worker);
      return worker;
    };
    const module = await WebAssembly.compile(await readFile('dist/kernels/kernels-full-simd.wasm'));
    const backend = await createWasmBackend({ module, threads: 3, spawn, maySleep: true });
    opened.push(backend);
    const program = await backend.load(identity(backend));
    await workers[1].terminate();
    await expect(program.run('forward')).rejects.toThrow('a thread of the wasm backend was lost');
    await expect(backend.load(identity(backend))).rejects.toThrow('a thread of the wasm backend was lost');
  });

  test('that a worker does not know ends with an error, and nobody waits', async () => {
    // A worker that says it has loaded what it was never told of.
    const forgetful = (): WorkerHandle => {
      const worker = spawnWasmWorker();
      const request: WorkerHandle['request'] = (message) =>
        worker.request(message.type === 'load' ? { ...message, program: 0 } : message);
      return { ...worker, request };
    };
    const module = await WebAssembly.compile(await readFile('dist/kernels/kernels-full-simd.wasm'));
    const backend = await createWasmBackend({ module, threads: 3, spawn: forgetful, maySleep: true });
    opened.push(backend);
    const program = await backend.load(identity(backend));
    await expect(program.run('forward')).rejects.toThrow('could not begin forward');
  });

  test('goes on when another one is freed or loaded between runs', async () => {
    const backend = await open(3);
    const kept = await backend.load(identity(backend));
    kept.write('in1', unit);
    kept.write('in0', Float32Array.of(1, 2, 3, 4, 5, 6));
    for (let round = 0; round < 20; round++) {
      const other = await backend.load(identity(backend));
      await kept.run('forward');
      // Not awaited: threads run and forget at the same time.
      void other.dispose();
      await kept.run('forward');
    }
    expect([...(await kept.read('out0'))]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('stores rank-4 buffers channels-last and gives them back in either order', async () => {
    const backend = await open(1);
    const plan = oneOpPlan(
      backend,
      'conv2d',
      {
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
        groups: 1,
        bias: false,
        residual: false,
        activation: 'none',
      },
      [
        [1, 2, 1, 3],
        [2, 2, 1, 1],
      ],
      [[1, 2, 1, 3]],
    );
    const program = await backend.load(plan);
    program.write('in0', Float32Array.of(1, 2, 3, 4, 5, 6));
    expect([...(await program.read('in0', 'channels_last'))]).toEqual([1, 4, 2, 5, 3, 6]);
    expect([...(await program.read('in0'))]).toEqual([1, 2, 3, 4, 5, 6]);
    program.write('in0', Float32Array.of(1, 4, 2, 5, 3, 6), 'channels_last');
    expect([...(await program.read('in0'))]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('says what is wrong with a name, a size, or a call after its end', async () => {
    const backend = await open(2);
    const program = await backend.load(identity(backend));
    expect(() => {
      program.write('in2', unit);
    }).toThrow('plan "linear" has no buffer "in2"; the nearest names are in0, in1');
    expect(() => {
      program.write('in0', unit);
    }).toThrow('has 2×3 = 6 elements, got 9');
    await program.dispose();
    await program.dispose();
    await expect(program.run('forward')).rejects.toThrow('disposed of');
  });

  test('that cannot be computed or addressed is refused when it is loaded', async () => {
    const backend = await open(1);
    const plan = identity(backend);
    await expect(backend.load({ ...plan, peakBytes: 2 ** 32 })).rejects.toThrow('take a smaller batch');
    const [step] = plan.steps.forward;
    const unknown = { ...step, node: { ...step.node, op: 'fourier' } } as unknown as typeof step;
    await expect(backend.load({ ...plan, steps: { ...plan.steps, forward: [unknown] } })).rejects.toThrow(
      'the wasm backend cannot compute op "fourier"',
    );
  });

  test.each([1, 2, 4])(
    'whose kernel traps ends with an error on %i threads, and nobody waits',
    async (threads) => {
      const backend = await open(threads);
      const plan = oneOpPlan(
        backend,
        'linear',
        { bias: false },
        [
          [900, 64],
          [64, 64],
        ],
        [[900, 64]],
      );
      const astray = plan.buffers.map((buffer) => ({ ...buffer, offset: buffer.offset + 2 ** 30 }));
      const [step] = plan.steps.forward;
      const inputs = step.inputs.map(({ id }) => astray[id]);
      const program = await backend.load({
        ...plan,
        steps: { ...plan.steps, forward: [{ ...step, inputs }] },
      });
      await expect(program.run('forward')).rejects.toThrow(/^kernel "pack_taps" failed in call 0 of forward/);
      await expect(program.run('forward')).rejects.toThrow(/^kernel "pack_taps" failed/);
      // Nothing can be computed by it any more: whoever serves makes another.
      await expect(program.run('forward')).rejects.toThrow(DeviceLostError);
    },
  );
});

test('each request to a worker waits for its own answer, or for its end', async () => {
  const worker = spawnWasmWorker();
  const words = new Int32Array(new SharedArrayBuffer(4 * controlWords(2)));
  // It sleeps when it has handled as many messages as were posted, and hears none then.
  Atomics.store(words, control.posted, 1);
  const answered = worker.request({ type: 'start', words, threads: 2, thread: 1 });
  const unanswered = expect(worker.request({ type: 'unload', program: 1 })).rejects.toThrow('ended');
  await answered;
  await worker.terminate();
  await unanswered;
  await expect(worker.request({ type: 'unload', program: 1 })).rejects.toThrow('ended');
});

test('idle workers let the process end', async () => {
  const script = `
    const { createNodeBackend } = await import('./src/node/backend.ts');
    await createNodeBackend({ threads: 4 });
    console.log('ready');
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 150_000,
  });
  expect(stdout).toBe('ready\n');
});

test('threads and capabilities', async () => {
  await expect(createNodeBackend({ threads: 0 })).rejects.toThrow(
    `threads must be an integer from 1 to ${mostThreads()}, got 0`,
  );
  // Each of them would be started, and wait for the others, before anyone is told.
  for (const threads of [mostThreads() + 1, 1e9, 1.5, NaN]) {
    await expect(createNodeBackend({ threads })).rejects.toThrow(/^threads must be an integer from 1 to/);
  }
  const { cores, wasm, wideVectors, uses } = capabilities();
  expect(wasm).toMatchObject({ simd: true, relaxedSimd: true, threads: true });
  expect(uses.kernels).toBe(wideVectors.usable ? 'wide' : 'relaxed');
  expect(uses.threads).toBeLessThanOrEqual(Math.max(1, cores));
});
