import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod/mini';
import { engineToBegin, engineToKeep } from '../support/on-node.ts';
import { runConfigSchema } from '../../../src/node/training/config.ts';
import type { RunConfig } from '../../../src/run/training/config.ts';
import { resumeTraining, startTraining } from '../../../src/cli/train/run.ts';
import { temporaryFolder, writeClasses } from '../data/support/sources.ts';

const { path: root, remove } = temporaryFolder();
const at = (...names: readonly string[]): string => join(root, ...names);

const half = [0.5, 0.5, 0.5];
const flags = {
  ...{ backend: 'reference' as const, json: false, recipe: 'quick', seed: 3, batchSize: 4, epochs: 1 },
  ...{ head: 'keep' as const, valFraction: 0.25, strict: false },
};

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
  await writeClasses(at('photos'), { dark: 4, light: 4 });
  await startTraining(at('photos'), {
    ...{ ...flags, out: at('first'), model: 'resnext_cifar', imageSize: 8, mean: half, std: half },
    set: ['layers=1,1,1', 'cardinality=2', 'planes=4'],
  });
  await copyFile(at('first/best.safetensors'), at('begin.safetensors'));
  await startTraining(at('photos'), { ...flags, out: at('whole'), weights: at('begin.safetensors') });
});
afterAll(() => {
  vi.restoreAllMocks();
  remove();
});

/** What a run leaves that is killed before its first checkpoint. */
async function killedEarly(name: string): Promise<string> {
  await mkdir(at(name));
  await copyFile(at('whole/config.json'), at(name, 'config.json'));
  return at(name);
}

/** As `cardinal train --resume DIR`, with the defaults of flags that were not given. */
const resume = (path: string): Promise<void> => resumeTraining(path, { json: false }, {});

describe('a run that was ended before its first checkpoint', () => {
  test('begins anew with its weights, computed as its first start asked for', async () => {
    const path = await killedEarly('anew');
    await resume(path);
    for (const file of ['last.safetensors', 'best.safetensors']) {
      expect((await readFile(join(path, file))).equals(await readFile(at('whole', file))), file).toBe(true);
    }
    const config = z.looseObject({ engine: z.unknown() });
    expect(config.parse(JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))).engine).toEqual({
      backend: 'reference',
    });
  });

  test('is refused if they have changed, or are gone, and stays as it is', async () => {
    const path = await killedEarly('refused');
    const bytes = await readFile(at('begin.safetensors'));
    const before = await readFile(join(path, 'config.json'));
    // Another file, whole in itself.
    await copyFile(at('whole/best.safetensors'), at('begin.safetensors'));
    await expect(resume(path)).rejects.toThrow(
      /begin\.safetensors has changed since the run in .*refused was to begin with it: put the file back/,
    );
    await rm(at('begin.safetensors'));
    await expect(resume(path)).rejects.toThrow(
      /^the weights that the run in .*refused begins with cannot be had: .*begin\.safetensors.*; put them back, or begin another run$/,
    );
    expect(await readdir(path)).toEqual(['config.json']);
    expect((await readFile(join(path, 'config.json'))).equals(before)).toBe(true);
    await writeFile(at('begin.safetensors'), bytes);
    await resume(path);
    expect(await readdir(path)).toContain('last.safetensors');
  });
});

describe('the engine of a run that begins anew', () => {
  let config: RunConfig;
  beforeAll(async () => {
    config = runConfigSchema.parse(JSON.parse(await readFile(at('whole/config.json'), 'utf8')));
  });

  test('is written down as far as it was asked for', () => {
    expect(engineToKeep({ backend: 'wasm' })).toBeUndefined();
    expect(engineToKeep({ backend: 'reference', threads: 2 })).toEqual({ backend: 'reference' });
    expect(engineToKeep({ backend: 'wasm', threads: 1, blas: false })).toEqual({ threads: 1, blas: false });
    expect(runConfigSchema.parse({ ...config, engine: engineToKeep({ blas: false }) }).engine).toEqual({
      blas: false,
    });
  });

  test('is that of its start, but for what is asked for now', () => {
    const plain = { threads: 1, blas: false };
    expect(engineToBegin({}, plain)).toEqual({ name: 'wasm', threads: 1, blas: false });
    expect(engineToBegin({ threads: 3 }, plain)).toEqual({ name: 'wasm', threads: 3, blas: false });
    expect(engineToBegin({ backend: 'reference' }, plain)).toEqual({ name: 'reference' });
    expect(engineToBegin({}, config.engine)).toEqual({ name: 'reference' });
    expect(engineToBegin({ backend: 'wasm' }, config.engine)).toEqual({ name: 'wasm' });
    expect(engineToBegin({}, undefined)).toEqual({ name: 'wasm' });
  });
});
