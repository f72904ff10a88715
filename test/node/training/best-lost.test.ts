import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { resumeTraining, startTraining } from '../../../src/cli/train/run.ts';
import { defaultPreprocessing } from '../../../src/data/preprocessing.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import { temporaryFolder, writeClasses } from '../data/support/sources.ts';

const { path: root, remove } = temporaryFolder();
const at = (...names: readonly string[]): string => join(root, ...names);
beforeAll(() => writeClasses(at('photos'), { dark: 4, light: 4 }));
afterAll(remove);

const half = [0.5, 0.5, 0.5];
const said = /best\.safetensors [^\n]*: the best weights were not evaluated/;
const inReport = /best\.safetensors .*: the best weights were not evaluated/;

test('best weights that were damaged while a run went on cost a program its evaluation, aloud, and no more', async () => {
  const best = at('program/best.safetensors');
  const warnings: string[] = [];
  const trained = await trainOn(
    at('photos'),
    { name: 'resnext_cifar', options: { layers: [1], cardinality: 2, planes: 4 } },
    {
      ...{
        batchSize: 4,
        epochs: 1,
        valFraction: 0.25,
        backend: createReferenceBackend(),
        out: at('program'),
      },
      preprocessing: defaultPreprocessing({ channels: 3, imageSize: 8, mean: half, std: half }),
      onEvent: async (event) => {
        if (event.type === 'warning') warnings.push(event.message);
        if (event.type === 'end') await writeFile(best, (await readFile(best)).subarray(0, -1));
      },
    },
  );
  expect(trained.reason).toBe('finished');
  expect(trained.evaluation).toBeUndefined();
  expect(warnings).toEqual([expect.stringMatching(said)]);
  expect(await readFile(at('program/report.html'), 'utf8')).toMatch(inReport);
});

test('and a command, which ends with an error when the report is written', async () => {
  for (const stream of [process.stdout, process.stderr]) vi.spyOn(stream, 'write').mockReturnValue(true);
  try {
    const engine = { backend: 'reference', json: false } as const;
    await startTraining(at('photos'), {
      ...{ ...engine, model: 'resnext_cifar', set: ['layers=1,1,1', 'cardinality=2', 'planes=4'] },
      ...{
        head: 'keep',
        recipe: 'quick',
        seed: 3,
        batchSize: 4,
        epochs: 1,
        valFraction: 0.25,
        strict: false,
      },
      // With averages no other file has the best weights.
      ...{ imageSize: 8, mean: half, std: half, ema: 0.9, out: at('run') },
    });
    const best = at('run/best.safetensors');
    const bytes = await readFile(best);
    await writeFile(best, bytes.subarray(0, -1));
    await rm(at('run/report.html'));
    await expect(resumeTraining(at('run'), engine, {})).rejects.toThrow(said);
    expect(await readFile(at('run/report.html'), 'utf8')).toMatch(inReport);
    await writeFile(best, bytes);
    await resumeTraining(at('run'), engine, {});
    expect(await readFile(at('run/report.html'), 'utf8')).not.toMatch(inReport);
  } finally {
    vi.restoreAllMocks();
  }
});
