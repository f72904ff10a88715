import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { csvParse } from 'd3-dsv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod/mini';
import { loadClassifier } from '../../src/node/classifier.ts';
import { topGuesses } from '../../src/train/guess.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { cardinal, type Finished } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const tableSchema = z.object({
  ...{ temperature: z.number(), pictures: z.int(), ece: z.number(), loss: z.number() },
  bins: z.array(z.object({ from: z.number(), to: z.number(), pictures: z.int() })),
});
const schema = z.object({
  ...{ split: z.string(), loss: z.number(), reliability: tableSchema },
  calibration: z.optional(
    z.object({ temperature: z.number(), before: tableSchema, after: tableSchema, file: z.string() }),
  ),
  mislabels: z.optional(z.object({ file: z.string(), found: z.int() })),
});

const network = ['layers=1,1,1', 'cardinality=4', 'baseWidth=16', 'planes=16'];

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);
const inFolder = (...args: readonly string[]): Promise<Finished> => cardinal(args, { cwd: folder });
const evaluated = async (...args: readonly string[]): Promise<z.infer<typeof schema>> => {
  const { code, stdout, stderr } = await inFolder('eval', ...args, '--json', '--threads', '1');
  expect(code, stderr).toBe(0);
  return schema.parse(JSON.parse(stdout));
};

/** Two of the validation pictures lie in the wrong folders, so that no network is right about all. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-judging-'));
  await writePictures(at('pictures'), { train: 14, val: 6 });
  await rename(at('pictures/val/red/0.png'), at('pictures/val/blue/red.png'));
  await rename(at('pictures/val/green/1.png'), at('pictures/val/red/green.png'));
  const { code, stderr } = await inFolder(
    ...['train', 'pictures', '--out', 'run', '--epochs', '6', '--threads', '1', '--seed', '3'],
    ...['--model', 'resnext_cifar', '--image-size', '12', '--batch-size', '6'],
    ...['--set', ...network],
  );
  expect(code, stderr).toBe(0);
  await copyFile(at('run/best.safetensors'), at('before.safetensors'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('eval', () => {
  it('says how far probabilities can be believed', async () => {
    const { reliability, loss, calibration } = await evaluated('before.safetensors', 'pictures');
    expect(reliability).toMatchObject({ temperature: 1, pictures: 18 });
    expect(reliability.loss).toBeCloseTo(loss, 10);
    expect(reliability.bins).toHaveLength(15);
    expect(calibration).toBeUndefined();
    const { stdout } = await inFolder('eval', 'before.safetensors', 'pictures', '--threads', '1');
    expect(stdout).toMatch(/calibration error \d+\.\d\d % \(ECE\)\nsure +pictures +mean +right\n/);
  });

  it('--calibrate writes a temperature that classifiers follow, and changes no weight', async () => {
    const { calibration, split } = await evaluated('run/best.safetensors', 'pictures', '--calibrate');
    if (calibration === undefined) throw new Error('expected a calibration');
    const { temperature, before, after, file } = calibration;
    expect(split).toBe('val');
    expect(file).toContain('best.safetensors');
    expect(after.loss).toBeLessThan(before.loss);
    const read = async (name: string) => readSafetensors(await readFile(at(name)), name);
    const [old, calibrated] = [await read('before.safetensors'), await read('run/best.safetensors')];
    expect(calibrated.tensors).toEqual(old.tensors);
    expect(new Map([...old.metadata, ['temperature', JSON.stringify(temperature)]])).toEqual(
      calibrated.metadata,
    );
    const classifier = await loadClassifier(at('run/best.safetensors'), { threads: 1 });
    try {
      expect(classifier.temperature).toBe(temperature);
      const picture = at('pictures/val/blue/1.png');
      const logits = await classifier.logits(picture);
      const [best] = topGuesses(
        logits.map((logit) => logit / temperature),
        1,
      );
      expect(await classifier.classify(picture)).toEqual([{ class: 'blue', ...best }]);
      expect(await classifier.explain(picture)).toMatchObject(best);
    } finally {
      await classifier.dispose();
    }
    // Evaluated again, its probabilities are calibrated, and what is found anew is the same.
    const again = await evaluated(
      'run/best.safetensors',
      'pictures',
      '--calibrate',
      '--out',
      'again.safetensors',
    );
    expect(again.reliability).toEqual(after);
    expect(again.calibration?.temperature).toBe(temperature);
    expect(await readFile(at('again.safetensors'))).toEqual(await readFile(at('run/best.safetensors')));
  });

  it('--mislabels lists what lies in the wrong folder, the most suspicious first', async () => {
    const { mislabels } = await evaluated(
      ...['before.safetensors', 'pictures', '--split', 'val', '--mislabels', 'suspects.csv'],
    );
    const rows = csvParse(await readFile(at('suspects.csv'), 'utf8'));
    expect(mislabels).toEqual({ file: 'suspects.csv', found: rows.length });
    const found = rows.map((row) => [
      row['picture'].split(/[\\/]/).slice(-2).join('/'),
      row['suggested_class'],
    ]);
    expect(found).toContainEqual(['blue/red.png', 'red']);
    expect(found).toContainEqual(['red/green.png', 'green']);
    const margins = rows.map((row) => Number(row['margin']));
    expect(margins).toEqual([...margins].sort((a, b) => b - a));
  });

  it('says of pictures that were trained on that they are judged too kindly', async () => {
    const flags = ['--split', 'train', '--mislabels', 'seen.csv', '--threads', '1'];
    const { stderr } = await inFolder('eval', 'before.safetensors', 'pictures', ...flags);
    expect(stderr).toMatch(/trained on these \d+ pictures/);
    expect(stderr).toContain('judged too kindly');
  });

  it.each([
    ['--out alone', ['before.safetensors', 'pictures', '--out', 'x'], /--out is where --calibrate writes/],
    [
      'bare weights',
      ['bare.safetensors', 'pictures', '--calibrate', '--model', 'resnext_cifar', '--set', ...network],
      /bare\.safetensors holds bare weights/,
    ],
  ])('refuses %s', async (_, args, message) => {
    const { tensors } = await readSafetensors(await readFile(at('before.safetensors')), 'before');
    const { writeSafetensors } = await import('../../src/weights/safetensors.ts');
    await writeFile(at('bare.safetensors'), await writeSafetensors(tensors));
    const { code, stderr } = await inFolder('eval', ...args);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
