import { execFile } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { connect } from '../../src/base/channel/connect.ts';
import type { Call } from '../../src/base/channel/service.ts';
import { CardinalError, DeviceLostError, UsageError } from '../../src/base/errors.ts';
import type { Preprocessing } from '../../src/data/preprocessing.ts';
import { createModel } from '../../src/models/registry.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { classifierOf } from '../../src/node/classifier.ts';
import { portOfThread } from '../../src/node/thread-port.ts';
import { compile, type CompiledModel } from '../../src/session/compile.ts';
import { countRounds } from '../support/rounds.ts';

const model = createModel('resnet20_cifar').initialize(3);
const input = Float32Array.from({ length: 16 * 3 * 32 * 32 }, (_, i) => Math.sin(i));

/** Rounds of the event loop while it runs. */
async function roundsDuring(compiled: CompiledModel): Promise<number> {
  const counting = countRounds();
  await compiled.forward(input);
  counting.stop();
  return counting.rounds();
}

describe('a backend in a thread of its own', () => {
  let isolated: Backend;
  let here: Backend;
  beforeAll(async () => {
    // With all that this machine has: its library, too.
    [isolated, here] = [await createNodeBackend({ isolated: true }), await createNodeBackend()];
  });
  afterAll(() => Promise.all([isolated, here].map((backend) => backend.dispose())));

  test('is what it would be in this one', () => {
    const { name, description, numerics, maxBytes } = here;
    expect(isolated).toMatchObject({ name, description, numerics, maxBytes });
  });

  test('leaves this one free while it computes, and gives the same bits', async () => {
    const compiled = await compile(model, { input: [16, 3, 32, 32], backend: isolated });
    const blocking = await compile(model, { input: [16, 3, 32, 32], backend: here });
    expect(await compiled.forward(input)).toEqual(await blocking.forward(input));
    // A round or two come before and after; a run of some milliseconds that does not block leaves room for many.
    expect(await roundsDuring(blocking)).toBeLessThan(10);
    expect(await roundsDuring(compiled)).toBeGreaterThan(50);
    await Promise.all([compiled.dispose(), blocking.dispose()]);
  });

  test('says in one line what keeps it from being created', async () => {
    const wrong = createNodeBackend({ isolated: true, kernels: 'nope' as 'simd' });
    await expect(wrong).rejects.toThrow(new UsageError('kernels must be wide, relaxed, simd, got nope'));
    const many = createNodeBackend({ isolated: true, threads: 10_000 });
    await expect(many).rejects.toThrow(/^threads must be an integer from 1 to/);
  });

  test('may be any backend of the table', async () => {
    const reference = await createNodeBackend({ name: 'reference', isolated: true });
    expect(reference.description).toBe('1 thread, reference loops');
    await reference.dispose();
  });
});

test('classifiers compute there if they are asked to', async () => {
  const preprocessing: Preprocessing = {
    ...{ channels: 3, size: [32, 32], resize: null, interpolation: 'bilinear' },
    ...{ mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  };
  const trained = { model, description: { name: 'net', options: {} }, classes: Array.from('abcdefghij') };
  const options = { preprocessing, threads: 1, blas: false };
  const picture = {
    width: 32,
    height: 32,
    channels: 3 as const,
    data: new Uint8Array(3072).map((_, i) => i),
  };
  const answers = [];
  for (const isolated of [false, true]) {
    const classifier = await classifierOf(trained, { ...options, isolated });
    answers.push(await classifier.classify(picture));
    await classifier.dispose();
  }
  expect(answers[1]).toEqual(answers[0]);
});

test('a process waits for what it asked for, and ends by itself when nothing is asked', async () => {
  const path = (file: string) => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);
  const script = `
    const { createNodeBackend } = await import(${path('node/backend.ts')});
    const { Linear } = await import(${path('nn/index.ts')});
    const { compile } = await import(${path('session/compile.ts')});
    const backend = await createNodeBackend({ isolated: true, threads: 2, blas: false });
    const compiled = await compile(new Linear(2, 1), { input: [1, 2], backend });
    compiled.forward(Float32Array.of(1, 2)).then(({ data }) => console.log(data.length));
  `;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    script,
  ]);
  expect({ stdout, stderr }).toEqual({ stdout: '1\n', stderr: '' });
});

describe('a thread that is lost', () => {
  const losing = (script: string) =>
    connect<{ work: Call }>(portOfThread(new Worker(script, { eval: true }), 'the thread of the backend'));

  test.each([
    ['ends', 'process.exit(1)', 'its thread ended'],
    ['fails', "throw new RangeError('no room\\nfor more')", 'no room'],
  ])('because it %s is an error for what waits and for what comes', async (_, what, reason) => {
    const channel = losing(`require('node:worker_threads').parentPort.once('message', () => { ${what} })`);
    const lost = new DeviceLostError(`the thread of the backend was lost: ${reason}`);
    for (let again = 0; again < 2; again++) {
      const error: unknown = await channel.call('work', []).catch((caught: unknown) => caught);
      expect(error).toEqual(lost);
      expect(error).toBeInstanceOf(CardinalError);
    }
  });
});
