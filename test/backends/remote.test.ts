import { describe, expect, test } from 'vitest';
import type { Backend, Order, Program } from '../../src/backends/backend.ts';
import { createReferenceBackend } from '../../src/backends/reference/backend.ts';
import { CardinalError, DeviceLostError, DisposedError, UsageError } from '../../src/base/errors.ts';
import { createModel } from '../../src/models/registry.ts';
import { Linear, trace } from '../../src/nn/index.ts';
import { planInference } from '../../src/plan/plan-inference.ts';
import type { Entry, Plan } from '../../src/plan/plan.ts';
import { overLine } from '../support/remote.ts';

/** y = 2·x₀ + 3·x₁ once the weights are written. */
const plan = planInference(
  trace(new Linear(2, 1, { bias: false }), [1, 2], { training: false }),
  createReferenceBackend(),
  { name: 'sum' },
);

async function loaded(
  real: Backend = createReferenceBackend(),
): Promise<ReturnType<typeof overLine> & { program: Program }> {
  const line = overLine(real);
  const program = await line.backend.load(plan);
  program.write('weight', Float32Array.of(2, 3));
  await program.run('prologue');
  return { ...line, program };
}

/** The reference, whose programs are changed. */
function changed(change: (program: Program) => void): Backend {
  const real = createReferenceBackend();
  return {
    ...real,
    load: async (given) => {
      const program = await real.load(given);
      change(program);
      return program;
    },
  };
}

test('what was called takes effect in the order of the calls, with what arrays held then', async () => {
  const { backend, program } = await loaded();
  const x = Float32Array.of(1, 1);
  const results: Promise<Float32Array>[] = [];
  const runs: Promise<void>[] = [];
  for (let n = 1; n <= 5; n++) {
    x.fill(n);
    program.write('input', x);
    // The array is the caller's again.
    x.fill(NaN);
    runs.push(program.run('forward'));
    results.push(program.read('logits'));
  }
  expect((await Promise.all(results)).map(([y]) => y)).toEqual([5, 10, 15, 20, 25]);
  await Promise.all(runs);
  await backend.dispose();
});

test('a write is checked before it returns, a read and a run when they are called', async () => {
  const { backend, program } = await loaded();
  const two = Float32Array.of(1, 2);
  expect(() => {
    program.write('inputs', two);
  }).toThrow(/has no buffer "inputs"; the nearest names are input/);
  expect(() => {
    program.write('input', Float32Array.of(1));
  }).toThrow(/has 1×2 = 2 elements, got 1/);
  expect(() => {
    program.write('input', [1, 2] as unknown as Float32Array);
  }).toThrow(CardinalError);
  expect(() => {
    program.write('input', two, 'rows' as Order);
  }).toThrow(/contiguous or channels_last, got rows/);
  await expect(program.read(5 as unknown as string)).rejects.toThrow(UsageError);
  await expect(program.run('foward' as Entry)).rejects.toThrow(/a program runs prologue, .*, got foward/);
  await backend.dispose();
});

test('turns are taken one after another', async () => {
  const { backend, program } = await loaded();
  const sumOf = (a: number, b: number): Promise<number> =>
    program.take(async () => {
      program.write('input', Float32Array.of(a, b));
      await program.run('forward');
      return (await program.read('logits'))[0];
    });
  const sums = [sumOf(1, 0), sumOf(0, 1), sumOf(1, 1)];
  expect(program.busy).toBe(true);
  expect(await Promise.all(sums)).toEqual([2, 3, 5]);
  expect(program.busy).toBe(false);
  await backend.dispose();
});

test('it says of itself what the real one says, and plans and lists the same', async () => {
  const real = createReferenceBackend();
  const { backend } = overLine(real);
  const { name, description, numerics, alignment, maxBytes, maxBufferBytes } = real;
  expect(backend).toMatchObject({ name, description, numerics, alignment, maxBytes, maxBufferBytes });
  const traced = () =>
    trace(createModel('resnext_cifar', { layers: 29, cardinality: 2 }), [1, 3, 32, 32], { training: false });
  const here = planInference(traced(), backend, { name: 'net' });
  const there = planInference(traced(), real, { name: 'net' });
  expect(here).toEqual(there);
  expect([...backend.kernelsOf(here).values()]).toEqual([...real.kernelsOf(there).values()]);
  await backend.dispose();
});

test('a plan that does not fit, or cannot be copied, is refused by its load alone', async () => {
  const { backend, program } = await loaded(createReferenceBackend());
  const odd = { ...plan, buffers: () => [] } as unknown as Plan;
  await expect(backend.load(odd)).rejects.toThrow(/"load" cannot be asked of another thread/);
  expect([...(await program.read('weight'))]).toEqual([2, 3]);
  await backend.dispose();
});

describe('what is disposed of', () => {
  test('a program refuses all, and the backend goes on', async () => {
    const { backend, program } = await loaded();
    const running = program.run('forward');
    const waiting = program.take(() => new Promise<void>((resolve) => setImmediate(resolve)));
    const refused = program.take(() => 1);
    const over = program.dispose();
    await expect(refused).rejects.toThrow(DisposedError);
    await Promise.all([running, waiting, over]);
    expect(() => {
      program.write('input', Float32Array.of(1, 2));
    }).toThrow(new DisposedError('plan "sum" was disposed of; load it again to use it'));
    await expect(program.run('forward')).rejects.toThrow(DisposedError);
    await expect(program.read('logits')).rejects.toThrow(DisposedError);
    const again = await backend.load(plan);
    await again.run('forward');
    await backend.dispose();
  });

  test('a backend cuts its programs off; with drain they finish what waits', async () => {
    const { backend, program, ends } = await loaded();
    const turns = [1, 2, 3].map((n) =>
      program.take(async () => {
        program.write('input', Float32Array.of(n, n));
        await program.run('forward');
        return (await program.read('logits'))[0];
      }),
    );
    const drained = backend.dispose({ drain: true });
    await expect(backend.load(plan)).rejects.toThrow(
      'the reference backend was disposed of; create another to use it',
    );
    expect(await Promise.all(turns)).toEqual([5, 10, 15]);
    await Promise.all([drained, backend.dispose()]);
    expect(ends()).toBe(1);

    const cut = await loaded();
    const loading = cut.backend.load(plan);
    const over = cut.backend.dispose();
    expect(() => {
      cut.program.write('input', Float32Array.of(1, 2));
    }).toThrow(/backend was disposed of/);
    await expect(loading).rejects.toThrow(DisposedError);
    await over;
    await expect(cut.program.run('forward')).rejects.toThrow(DisposedError);
  });
});

describe('a thread that is lost', () => {
  test('is an error for whatever is asked of it, now and later; disposing still resolves', async () => {
    const { backend, program, lose, ends } = await loaded();
    const lost = new DeviceLostError('the thread of the backend was lost: its thread ended');
    const pending = [program.run('forward'), program.read('logits'), backend.load(plan)];
    const waits = program.take(async () => {
      await program.run('forward');
    });
    lose(lost);
    for (const each of pending) await expect(each).rejects.toBe(lost);
    await expect(waits).rejects.toBe(lost);
    expect(() => {
      program.write('input', Float32Array.of(1, 2));
    }).toThrow(lost);
    await expect(program.run('forward')).rejects.toBe(lost);
    await expect(backend.load(plan)).rejects.toBe(lost);
    await program.dispose();
    await backend.dispose();
    expect(ends()).toBe(1);
  });

  test('of its pool arrives as what it is', async () => {
    const lost = new DeviceLostError('a thread of the wasm backend was lost: it ended');
    const { backend } = overLine(
      changed((program) => {
        program.run = () => Promise.reject(lost);
      }),
    );
    const program = await backend.load(plan);
    await expect(program.run('forward')).rejects.toThrow(lost);
    await expect(program.run('forward')).rejects.toThrow(DeviceLostError);
    await backend.dispose();
  });

  test('a write that fails there is told by what follows it', async () => {
    const { backend } = overLine(
      changed((program) => {
        program.write = () => {
          throw new CardinalError('the device is full');
        };
      }),
    );
    const program = await backend.load(plan);
    program.write('input', Float32Array.of(1, 2));
    await expect(program.run('forward')).rejects.toThrow('the device is full');
    await expect(program.read('logits')).rejects.toThrow('the device is full');
    await backend.dispose();
  });
});
