import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvParse } from 'd3-dsv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { loadClassifier } from '../../../src/node/classifier.ts';
import { openData } from '../../../src/node/data/open.ts';
import { withSomePictures, writeReport } from '../support/on-node.ts';
import { RunFolder } from '../../../src/node/run-folder.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import type { TrainedOn } from '../../../src/run/training/train-on.ts';
import { findRecipe } from '../../../src/train/recipe.ts';
import { Rng } from '../../../src/base/rng.ts';
import { seed } from '../../support/seed.ts';
import { temporaryFolder, writeBytes, writeClasses } from '../data/support/sources.ts';
import { ConvNetwork, thumbnails } from '../support/own-network.ts';

const backend = createReferenceBackend();
const options = { preprocessing: thumbnails, batchSize: 4, epochs: 1, backend };
const classes = { apple: 12, bean: 12, corn: 12 };

const folder = temporaryFolder();
const split = join(folder.path, 'split');
const flat = join(folder.path, 'flat');
const out = join(folder.path, 'run');
let run: TrainedOn;
beforeAll(async () => {
  await writeClasses(join(split, 'train'), classes);
  await writeClasses(join(split, 'val'), { apple: 3, bean: 3, corn: 3 });
  await writeClasses(join(split, 'test'), { apple: 5, bean: 6, corn: 7 });
  await writeClasses(flat, classes);
  writeBytes(join(split, 'test', 'apple', 'notes.txt'), 'text');
  run = await trainOn(split, new ConvNetwork(4, 3).initialize(3), { ...options, out });
});
afterAll(folder.remove);

const pageOf = (path: string): Promise<string> => readFile(join(path, 'report.html'), 'utf8');

describe('trainOn', () => {
  test('evaluates the best weights on the test pictures as a classifier of the file does', async () => {
    const { evaluation } = run;
    expect(evaluation?.on).toBe('test');
    expect(evaluation?.perClass.map(({ total }) => total)).toEqual([5, 6, 7]);
    const classifier = await loadClassifier(join(out, 'best.safetensors'), {
      model: new ConvNetwork(4, 3),
      backend,
    });
    const wrong = new Map<string, string>();
    for (const name of Object.keys(classes)) {
      for (const file of await readdir(join(split, 'test', name))) {
        if (!file.endsWith('.png')) continue;
        const path = join(split, 'test', name, file);
        const [best] = await classifier.classify(path);
        if (best.class !== name) wrong.set(path, best.class);
      }
    }
    await classifier.dispose();
    // The network has hardly learned anything, so there is something to list.
    expect(wrong.size).toBeGreaterThan(5);
    const named = evaluation?.misclassified.map(({ id, predicted }) => [id, run.classes[predicted]]);
    expect(named?.toSorted()).toEqual([...wrong].toSorted());
    expect(evaluation?.total).toBe(18);
    expect(evaluation?.correct).toBe(18 - wrong.size);
    const rows = csvParse(await readFile(join(out, 'misclassified.csv'), 'utf8'));
    expect(rows.map(({ picture, predicted_class }) => [picture, predicted_class]).toSorted()).toEqual(
      [...wrong].toSorted(),
    );
    for (const row of rows) {
      expect(row['picture']).toContain(`/${row['true_class']}/`);
      expect(Number(row['probability'])).toBeGreaterThan(Number(row['true_class_probability']));
    }
  });

  test('says how sure it is, and shows what spoke for wrong classes', async () => {
    const page = await pageOf(out);
    expect(run.evaluation?.reliability).toMatchObject({ pictures: 18, temperature: 1 });
    expect(run.evaluation?.reliability?.loss).toBeCloseTo(run.evaluation?.loss ?? NaN, 10);
    expect(page).toContain('How often it is right, by how sure it is');
    const { length } = run.evaluation?.misclassified ?? [];
    // Samples have theirs as well.
    expect(page.match(/alt="what spoke for/g)?.length).toBeGreaterThanOrEqual(length);
    expect(page).toContain('Beside each stands what spoke for the wrong class');
  });

  test('writes a page that names every misclassified picture, what was left out and where validation comes from', async () => {
    const page = await pageOf(out);
    for (const { id } of run.evaluation?.misclassified ?? []) {
      expect(page).toContain(`<bdi class="id">${id.slice(split.length + 1)}</bdi>`);
    }
    expect(page).toContain('misclassified.csv');
    expect(page).toContain('1 .txt file');
    expect(page).toContain('test/apple/notes.txt');
    expect(page).toContain('9, the data’s own');
    expect(page).not.toContain('held out');
    // A program has no command that repeats it.
    expect(page).not.toContain('<pre>');
  });

  test('says what was held out where the data has no validation pictures', async () => {
    const path = join(folder.path, 'held-out');
    const { evaluation, data } = await trainOn(flat, new ConvNetwork(4, 3).initialize(3), {
      ...options,
      out: path,
    });
    expect(evaluation?.on).toBe('val');
    const held = data.val?.length ?? NaN;
    expect(await pageOf(path)).toContain(`${held}, held out of 36 (${Math.round((100 * held) / 36)} %)`);
  });

  test('without a folder evaluates the weights that the network got; neither if that is not wanted', async () => {
    const [with_, without] = [
      await trainOn(split, new ConvNetwork(4, 3).initialize(3), options),
      await trainOn(split, new ConvNetwork(4, 3).initialize(3), { ...options, evaluate: false }),
    ];
    // After one epoch the last weights are the best.
    expect(with_.evaluation?.confusion).toEqual(run.evaluation?.confusion);
    expect(without).not.toHaveProperty('evaluation');
    const path = join(folder.path, 'bare');
    await trainOn(split, new ConvNetwork(4, 3).initialize(3), {
      ...options,
      out: path,
      evaluate: false,
      report: false,
    });
    expect(await readdir(path)).not.toContain('report.html');
  });

  test('of a run that was interrupted reports so, and evaluates nothing', async () => {
    const path = join(folder.path, 'interrupted');
    const controller = new AbortController();
    const result = await trainOn(split, new ConvNetwork(4, 3).initialize(3), {
      ...options,
      out: path,
      signal: controller.signal,
      onEvent: ({ type }) => {
        if (type === 'step') controller.abort();
        // What a listener gives is ignored.
        return false;
      },
    });
    expect(result).not.toHaveProperty('evaluation');
    expect(await pageOf(path)).toContain('interrupted at step 1');
    expect(await readdir(path)).not.toContain('misclassified.csv');
  });

  test('of an evaluation that is interrupted nothing is left but the run', async () => {
    const path = join(folder.path, 'interrupted-late');
    const controller = new AbortController();
    const result = await trainOn(split, new ConvNetwork(4, 3).initialize(3), {
      ...options,
      out: path,
      signal: controller.signal,
      onEvent: ({ type }) => {
        if (type === 'end') controller.abort();
      },
    });
    expect(result.reason).toBe('finished');
    expect(result).not.toHaveProperty('evaluation');
    expect(await pageOf(path)).toContain('interrupted while its best weights were evaluated');
  });
});

describe('a report', () => {
  test.each([
    [0.15, false],
    [0.49, false],
    [0.6, true],
  ])('with a share of waiting of %d says that pictures limit the run: %s', async (waiting, said) => {
    const path = join(folder.path, `waiting-${waiting}`);
    await mkdir(path);
    const step = { type: 'step', stepsPerEpoch: 3, loss: 1, learningRate: 0.1, imagesPerSecond: 9, waiting };
    const lines = [1, 2, 3].map((n) => JSON.stringify({ ...step, step: n }));
    await writeFile(join(path, 'metrics.jsonl'), `${lines.join('\n')}\n`);
    const opened = await RunFolder.open(path);
    await writeReport({
      folder: opened,
      data: await openData(split),
      backend,
      model: { name: 'mine', options: {} },
      module: new ConvNetwork(4, 3),
      recipe: findRecipe('quick'),
      preprocessing: thumbnails,
      seed: 0,
      ...{ evaluated: undefined, best: undefined },
      notes: [],
    });
    await opened.close();
    const page = await pageOf(path);
    expect(page.includes('limits this run')).toBe(said);
    expect(page).toContain(`${Math.round(100 * waiting)} % of the time`);
  });

  test('that is interrupted lists what is wrong, and says that it explains no more', async () => {
    const opened = await RunFolder.open(out);
    const best = await opened.bestWeights();
    if (typeof best === 'string') throw new Error(best);
    const given = {
      ...{ folder: opened, data: await openData(split), backend, module: new ConvNetwork(4, 3), notes: [] },
      ...{ model: { name: 'mine', options: {} }, recipe: findRecipe('quick'), preprocessing: thumbnails },
      ...{ seed: 0, evaluated: run.evaluation, best: best.state },
    };
    await writeReport({ ...given, signal: AbortSignal.abort() });
    const page = await pageOf(out);
    for (const { id } of run.evaluation?.misclassified ?? [])
      expect(page).toContain(id.slice(split.length + 1));
    expect(page).not.toContain('alt="what spoke for');
    expect(page).toContain('interrupted while its report was written');
    // Without an interrupt they are there, and nothing is said.
    await writeReport({ ...given, signal: new AbortController().signal });
    await opened.close();
    const whole = await pageOf(out);
    expect(whole).toContain('alt="what spoke for');
    expect(whole).not.toContain('interrupted while its report was written');
  });

  test('has room for so many misclassified pictures, each pair of classes in turn', async () => {
    const dataset = (await openData(split)).test;
    const { evaluation } = run;
    if (dataset === undefined || evaluation === undefined) throw new Error('expected test pictures');
    const all = await withSomePictures(evaluation.misclassified, { dataset, folder: split });
    expect(all.every(({ picture }) => picture?.startsWith('data:image/png;base64,'))).toBe(true);
    const longest = Math.max(...all.map(({ picture }) => picture?.length ?? 0));
    const pairs = new Set(all.map(({ label, predicted }) => `${label} ${predicted}`));
    const some = await withSomePictures(
      evaluation.misclassified,
      { dataset, folder: split },
      longest * pairs.size,
    );
    expect(some.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    const shown = some.filter(({ picture }) => picture !== undefined);
    expect(new Set(shown.map(({ label, predicted }) => `${label} ${predicted}`))).toEqual(pairs);
    expect(shown.reduce((sum, { picture }) => sum + (picture?.length ?? 0), 0)).toBeLessThanOrEqual(
      longest * pairs.size,
    );
    expect(shown.length).toBeLessThan(all.length);
    expect(await withSomePictures(evaluation.misclassified, { dataset, folder: split }, 0)).toHaveLength(
      all.length,
    );
  });

  test('does without a picture whose file has gone', async () => {
    const gone = join(folder.path, 'gone');
    await writeClasses(join(gone, 'train'), classes);
    const data = await openData(gone, { seed: 1 });
    const dataset = data.train;
    if (dataset === undefined) throw new Error('expected pictures');
    await rename(gone, `${gone}-away`);
    const rng = Rng.of(seed, 'gone');
    const index = rng.int(dataset.length);
    const sample = { index, id: dataset.id(index), label: 0, predicted: 1, top: [], trueProbability: 0 };
    expect(await withSomePictures([sample], { dataset, folder: gone })).toEqual([
      { ...sample, id: dataset.id(index).slice(gone.length + 1), picture: undefined },
    ]);
  });
});
