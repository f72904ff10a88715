import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { VERSION } from '../../../src/base/version.ts';
import { continuingFlags } from '../../../src/cli/engine.ts';
import { createNodeBackend, type NodeBackendOptions } from '../../../src/node/backend.ts';
import { findBlas } from '../../../src/node/blas.ts';
import { engineBefore, engineToContinue } from '../support/on-node.ts';
import { loadKernels, usableKernels } from '../../../src/node/kernels.ts';
import { defaultThreads } from '../../../src/node/threads.ts';
import { createWasmBackend } from '../../../src/backends/wasm/backend.ts';
import { multiplyAddOf, type KernelBuild } from '../../../src/backends/wasm/builds.ts';
import { spawnWasmWorker } from '../../../src/node/spawn-wasm-worker.ts';
import { wasmFeatures } from '../../../src/backends/wasm/features.ts';
import { RunFolder } from '../../../src/node/run-folder.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { buildCheckpoint, type TrainingState } from '../../../src/train/checkpoint.ts';
import {
  changedConditions,
  conditionsOf,
  continuedConditions,
  type Conditions,
} from '../../../src/train/conditions.ts';
import { temporaryFolder, writeClasses } from '../data/support/sources.ts';
import { ConvNetwork, thumbnails } from '../support/own-network.ts';

const library = {
  name: 'OpenBLAS',
  version: 'OpenBLAS 0.3.21 Zen MAX_THREADS=64',
  processor: 'Zen',
  threads: 2,
};
const plain: Conditions = { step: 0, cardinal: VERSION, backend: 'wasm', multiplyAdd: 'fused' };
const native: Conditions = { ...plain, library };
const { path: root, remove } = temporaryFolder();
const photos = join(root, 'photos');
beforeAll(() => writeClasses(photos, { dark: 8, light: 8 }));
afterAll(remove);

test('the version of the sources is that of the package', () => {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  expect(manifest).toMatchObject({ version: VERSION });
});

describe('what a backend says of its arithmetic', () => {
  const saidBy = async (options: NodeBackendOptions): Promise<unknown> => {
    const backend = await createNodeBackend(options);
    await backend.dispose();
    return backend.numerics;
  };

  test('is the same where results are: for builds and threads of WebAssembly alone', async () => {
    for (const kernels of usableKernels()) {
      for (const threads of [1, 2]) {
        expect(await saidBy({ kernels, threads, blas: false })).toEqual({
          multiplyAdd: kernels !== 'simd' && wasmFeatures().fused ? 'fused' : 'separate',
        });
      }
    }
    expect(createReferenceBackend().numerics).toEqual({ multiplyAdd: 'double' });
  });

  test('names the native library and its threads', async () => {
    const blas = await findBlas();
    if (blas === undefined) {
      console.warn('SKIPPED: no native matrix library on this machine');
      return;
    }
    const { name, version, processor } = blas;
    expect(processor).not.toBe('');
    expect(await saidBy({ threads: 2 })).toMatchObject({ library: { name, version, processor, threads: 2 } });
  });
});

describe('an engine whose relaxed multiply–adds are not fused', () => {
  const opened: Backend[] = [];
  afterAll(() => Promise.all(opened.map((backend) => backend.dispose())));

  /** The backend of a build in an engine that was found to fuse or not. */
  const saidBy = async (build: KernelBuild, fused: boolean): Promise<Conditions> => {
    const { module } = await loadKernels('simd');
    const spawn = () => spawnWasmWorker();
    const multiplyAdd = multiplyAddOf(build, { fused });
    const backend = await createWasmBackend({
      ...{ module, build, multiplyAdd, threads: 1, spawn, maySleep: true },
    });
    opened.push(backend);
    return conditionsOf(backend, {}, 5);
  };

  test('is of the class of plain SIMD: runs go from one to the other without a word', async () => {
    const unfused = await saidBy('relaxed', false);
    expect(unfused.multiplyAdd).toBe('separate');
    const known = { ...(await saidBy('simd', true)), step: 0 };
    expect(changedConditions([known], unfused)).toEqual([]);
    expect(continuedConditions([known], unfused)).toEqual([known]);
    expect(opened.map(({ description }) => description)).toEqual([
      '1 thread, WebAssembly relaxed (multiply–adds rounded twice)',
      '1 thread, WebAssembly simd',
    ]);
  });

  test('is of another class than an engine that fuses them, which both are told in a line', async () => {
    const [fused, unfused] = [await saidBy('relaxed', true), await saidBy('relaxed', false)];
    const [once, twice] = ['multiply–adds rounded once', 'multiply–adds rounded twice'];
    const line = (was: string, is: string) =>
      `the run was computed by WebAssembly alone (${was}), here it goes on with WebAssembly alone (${is}): ` +
      'its last digits will differ from those of an uninterrupted run';
    expect(changedConditions([{ ...fused, step: 0 }], unfused)).toEqual([line(once, twice)]);
    expect(changedConditions([{ ...unfused, step: 0 }], fused)).toEqual([line(twice, once)]);
    expect(continuedConditions([{ ...fused, step: 0 }], unfused)).toEqual([{ ...fused, step: 0 }, unfused]);
  });
});

describe('what differs', () => {
  test.each<[string, Conditions, Partial<Conditions>, RegExp | undefined]>([
    ['nothing', native, {}, undefined],
    [
      'the library',
      native,
      { library: undefined },
      /by OpenBLAS 0\.3\.21 on 2 threads, here .* with WebAssembly alone: its last digits/,
    ],
    [
      'the threads of a library',
      native,
      { library: { ...library, threads: 1 } },
      /on 2 threads, here .* OpenBLAS 0\.3\.21 on 1 thread:/,
    ],
    ['a library instead of none', plain, { library }, /WebAssembly alone, here it goes on with OpenBLAS/],
    [
      'what a library is built for',
      native,
      { library: { ...library, processor: 'Haswell' } },
      /for Zen, .* for Haswell/,
    ],
    [
      'rounding',
      plain,
      { multiplyAdd: 'separate' },
      /alone \(multiply–adds rounded once\), here .*\(multiply–adds rounded twice\)/,
    ],
    ['the backend', plain, { backend: 'reference', multiplyAdd: 'double' }, /with the reference backend/],
    ['Cardinal', plain, { cardinal: '9.9.9' }, /by Cardinal [\d.]+, this is 9\.9\.9: its last digits/],
    [
      'the decoder',
      { ...plain, decoder: 'libvips 8.1' },
      { decoder: 'libvips 8.2' },
      /decoded by libvips 8\.1, here they are by libvips 8\.2/,
    ],
  ])('%s', (_, was, change, line) => {
    const now = { ...was, ...change, step: 5 };
    const lines = changedConditions([was], now);
    expect(lines).toHaveLength(line === undefined ? 0 : 1);
    if (line !== undefined) expect(lines[0]).toMatch(line);
    expect(continuedConditions([was], now)).toEqual(line === undefined ? [was] : [was, now]);
    // Under conditions of which no step was computed, nothing was.
    expect(changedConditions([was], { ...now, step: 0 })).toEqual([]);
    expect(continuedConditions([was], { ...now, step: 0 })).toEqual([{ ...now, step: 0 }]);
  });
});

describe('the engine of a run that goes on', () => {
  const training = (conditions: Conditions): Pick<TrainingState, 'conditions'> => ({
    conditions: [conditions],
  });
  const many = { ...library, threads: 1 + defaultThreads() };

  test.each<[string, Conditions, NodeBackendOptions]>([
    ['WebAssembly alone', plain, { blas: false }],
    ['separate roundings', { ...plain, multiplyAdd: 'separate' }, { blas: false, kernels: 'simd' }],
    ['a library', { ...native, library: { ...library, threads: 1 } }, { threads: 1 }],
    ['a library on more threads than there are here', { ...native, library: many }, {}],
    ['the reference', { ...plain, backend: 'reference', multiplyAdd: 'double' }, { name: 'reference' }],
    ['one of somebody’s own', { ...plain, backend: 'mine' }, {}],
  ])('is as it was: %s', (_, conditions, options) => {
    expect(engineBefore(training(conditions))).toEqual(options);
  });

  test('what is asked for goes before', () => {
    const was = training({ ...native, library: { ...library, threads: 1 } });
    expect(engineToContinue({}, was)).toEqual({ name: 'wasm', threads: 1 });
    expect(engineToContinue({ blas: false }, was)).toEqual({ name: 'wasm', blas: false });
    expect(engineToContinue({ threads: 2 }, was)).toEqual({ name: 'wasm', threads: 2 });
    expect(engineToContinue({ blas: true }, training(plain))).toEqual({ name: 'wasm', blas: true });
    expect(engineToContinue({ backend: 'reference' }, was)).toEqual({ name: 'reference' });
    // The reference has no native library: who asks for one asks for the other backend.
    const ofReference = training({ ...plain, backend: 'reference', multiplyAdd: 'double' });
    expect(engineToContinue({}, ofReference)).toEqual({ name: 'reference' });
    expect(engineToContinue({ blas: true }, ofReference)).toEqual({ name: 'wasm', blas: true });
  });

  test('is in the line that continues it', () => {
    const wasm = (numerics: Backend['numerics']): Backend => ({
      ...createReferenceBackend(),
      name: 'wasm',
      numerics,
    });
    expect(continuingFlags(wasm({ multiplyAdd: 'fused', library }), {})).toBe(' --threads 2');
    expect(continuingFlags(wasm({ multiplyAdd: 'fused' }), { blas: false })).toBe(' --no-blas');
    expect(continuingFlags(wasm({ multiplyAdd: 'fused' }), {})).toBe('');
    expect(continuingFlags(createReferenceBackend(), {})).toBe(' --backend reference');
  });
});

describe('a run', () => {
  const out = join(root, 'run');
  const warnings: string[] = [];
  /** Until two steps are done, or to its end. */
  const work = async (options: TrainOnOptions, steps?: number): Promise<readonly Conditions[]> => {
    warnings.length = 0;
    const controller = new AbortController();
    await trainOn(photos, new ConvNetwork().initialize(1), {
      ...(options.resume === true ? {} : { preprocessing: thumbnails, batchSize: 4, epochs: 3, seed: 5 }),
      ...{ out, report: false, evaluate: false, signal: controller.signal, ...options },
      onEvent: (event) => {
        if (event.type === 'warning') warnings.push(event.message);
        if (event.type === 'step' && event.step === steps) controller.abort();
      },
    });
    return (await read()).training?.conditions ?? [];
  };
  const read = async () => {
    const folder = await RunFolder.open(out);
    return folder.readCheckpoint('last').finally(() => folder.close());
  };

  test('says what it was computed by, goes on so, and tells what differs before it begins', async () => {
    const begun = await work({ blas: false, threads: 1 }, 2);
    expect(begun).toEqual([
      {
        ...{
          step: 0,
          cardinal: VERSION,
          backend: 'wasm',
          decoder: expect.stringMatching(/^sharp .*, libvips /) as string,
        },
        multiplyAdd: wasmFeatures().fused ? 'fused' : 'separate',
        pictures: {
          train: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
          validation: expect.any(String) as string,
        },
      },
    ]);
    // On another number of threads, and without the library, though there may be one now.
    expect(await work({ resume: true, threads: 2 }, 4)).toEqual(begun);
    expect(warnings).toEqual([]);
    const backend = createReferenceBackend();
    const changed = await work({ resume: true, backend }, 6);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^the run was computed by WebAssembly alone, here it goes on with the reference backend: /,
      ),
    ]);
    expect(changed.map(({ step, backend: name }) => [step, name])).toEqual([
      [0, 'wasm'],
      [4, 'reference'],
    ]);
  });

  test('of another version of Cardinal is told so', async () => {
    const { training, ...rest } = await read();
    if (training === undefined) throw new Error('no training state');
    const conditions = training.conditions?.map((each) => ({ ...each, cardinal: '0.0.1' }));
    const folder = await RunFolder.open(out);
    await folder.save('last', await buildCheckpoint({ ...rest, training: { ...training, conditions } }));
    await folder.close();
    await work({ resume: true, backend: createReferenceBackend() }, 7);
    expect(warnings).toEqual([expect.stringMatching(/^the run was computed by Cardinal 0\.0\.1, this is /)]);
    rmSync(out, { recursive: true });
  });

  test('that was begun by an earlier version, which did not say, goes on without a word', async () => {
    const backend = createReferenceBackend();
    await work({ backend }, 2);
    const { training, ...rest } = await read();
    if (training === undefined) throw new Error('no training state');
    const folder = await RunFolder.open(out);
    await folder.save(
      'last',
      await buildCheckpoint({ ...rest, training: { ...training, conditions: undefined } }),
    );
    await folder.close();
    const after = await work({ resume: true, backend }, 4);
    expect(warnings).toEqual([]);
    expect(after.map(({ step }) => step)).toEqual([2]);
  });
});
