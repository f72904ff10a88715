import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { UsageError } from '../../../src/base/errors.ts';
import { resumeTraining } from '../../../src/cli/train/run.ts';
import type { OpenData } from '../../../src/data/open-data.ts';
import { openData } from '../../../src/node/data/open.ts';
import { runConfigSchema } from '../../../src/node/training/config.ts';
import type { RunConfig } from '../../../src/run/training/config.ts';
import type { RunOptions, TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainRun } from '../../../src/node/training/run.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { temporaryFolder, writeClasses } from '../data/support/sources.ts';
import { PooledNetwork, thumbnails } from '../support/own-network.ts';

vi.mock('../../../src/node/data/pool.ts', async (original) => {
  const { withoutWorkers } = await import('../../support/one-thread.ts');
  return withoutWorkers(original);
});
vi.mock('../../../src/node/lock/heartbeat.ts', async (original) => {
  const { withoutHeartbeatThread } = await import('../../support/one-thread.ts');
  return withoutHeartbeatThread(original);
});

const { path: root, remove } = temporaryFolder();
const at = (...names: readonly string[]): string => join(root, ...names);
const network = { name: 'resnext_cifar', options: { layers: [1], cardinality: 2, planes: 4 } };
const backend = createReferenceBackend();
const settings = { batchSize: 4, epochs: 2, seed: 3, preprocessing: thumbnails };
/** Split by another seed than the runs have. */
let data: OpenData;

beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
  await writeClasses(at('photos'), { dark: 8, light: 8 });
  data = await openData(at('photos'), { seed: 9, valFraction: 0.25 });
  await program('whole');
});
afterAll(() => {
  vi.restoreAllMocks();
  remove();
});

/** A program's run, to its end or until so many steps are done. */
async function program(name: string, options: TrainOnOptions = {}, steps?: number): Promise<void> {
  const controller = new AbortController();
  await trainOn(data, network, {
    ...{ ...settings, backend, out: at(name), signal: controller.signal, ...options },
    onEvent: (event) => {
      if (event.type === 'step' && event.step === steps) controller.abort();
    },
  });
}

/** A run as the command line begins it, to its end or until so many steps are done. */
async function command(name: string, options: RunOptions = {}, steps?: number): Promise<void> {
  const controller = new AbortController();
  await trainRun({
    ...{ source: at('photos'), model: network, command: 'npx cardinal train photos' },
    options: { ...settings, valFraction: 0.25, backend: 'reference', out: at(name), ...options },
    listen: () => controller.signal,
    onEvent: (event) => {
      if (event.type === 'step' && event.step === steps) controller.abort();
    },
  });
}

async function expectSameBytes(a: string, b: string): Promise<void> {
  for (const file of ['last.safetensors', 'best.safetensors']) {
    const [one, other] = await Promise.all([a, b].map((name) => readFile(at(name, file))));
    expect(one.equals(other), `${file} of ${a} and ${b}`).toBe(true);
  }
}

const configOf = async (name: string): Promise<RunConfig> =>
  runConfigSchema.parse(JSON.parse(await readFile(at(name, 'config.json'), 'utf8')));
const resume = (name: string): Promise<void> => resumeTraining(at(name), { json: false }, {});

describe('a run of a program', () => {
  test('has its settings and its report in its folder', async () => {
    const config = await configOf('whole');
    expect(config).toMatchObject({
      data: at('photos'),
      model: { name: 'resnext_cifar', options: { ...network.options, numClasses: 2, inChannels: 3 } },
      ...{
        seed: 3,
        valFraction: 0.25,
        strict: false,
        preprocessing: thumbnails,
        engine: { backend: 'reference' },
      },
      recipe: { name: 'quick', epochs: 2, batchSize: 4 },
    });
    expect(config).not.toHaveProperty('command');
    expect(await readFile(at('whole/report.html'), 'utf8')).toContain('resnext_cifar');
  });

  test('is continued by the command line to the bytes of one that was not interrupted', async () => {
    await program('stopped', {}, 2);
    await resume('stopped');
    await expectSameBytes('stopped', 'whole');
    expect(await readFile(at('stopped/report.html'), 'utf8')).not.toContain('was interrupted');
  });

  test('with a network of its own is not, and the line says what to do', async () => {
    await trainOn(data, new PooledNetwork().initialize(1), {
      ...settings,
      epochs: 1,
      backend,
      out: at('own'),
    });
    await expect(resume('own')).rejects.toThrow(
      `${at('own')}: its network, PooledNetwork, is a class of a program, not of the registry: continue it there, with trainOn(…, { resume: true, out: ${JSON.stringify(at('own'))} })`,
    );
  });

  test('that was ended before its first checkpoint begins anew in its program alone', async () => {
    await mkdir(at('early'));
    await copyFile(at('whole/config.json'), at('early/config.json'));
    await expect(resume('early')).rejects.toThrow(
      /early: a program began this run, which was ended before its first checkpoint: continue it there, with trainOn\(/,
    );
    await trainOn(data, network, { backend, out: at('early'), resume: true });
    await expectSameBytes('early', 'whole');
  });
});

describe('a run of the command line', () => {
  test('is continued by a program to the bytes of one that was not interrupted, and stays as it was', async () => {
    await command('command-whole');
    await command('command', { patience: 7, checkpointEvery: 2 }, 2);
    const before = await configOf('command');
    await trainOn(at('photos'), { name: network.name }, { backend, out: at('command'), resume: true });
    await expectSameBytes('command', 'command-whole');
    expect(await configOf('command')).toEqual(before);
  });

  test('has its own network, held-out pictures and settings: others are refused, what changes nothing is kept', async () => {
    const go = (options: TrainOnOptions, planes = 4): Promise<unknown> =>
      trainOn(
        at('photos'),
        { ...network, options: { planes } },
        { backend, out: at('command'), resume: true, ...options },
      );
    await expect(go({}, 8)).rejects.toThrow(/has resnext_cifar with planes 4, not 8: leave it out/);
    await expect(go({ valFraction: 0.5 })).rejects.toThrow(
      /valFraction: .* has its own, 0\.25: leave it out/,
    );
    await expect(go({ seed: 4 })).rejects.toBeInstanceOf(UsageError);
    await go({ patience: 9, strict: true });
    expect(await configOf('command')).toMatchObject({ patience: 9, checkpointEvery: 2, strict: true });
  });
});
