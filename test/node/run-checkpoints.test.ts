import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { readToContinue } from './support/on-node.ts';
import { RunFolder } from '../../src/node/run-folder.ts';
import { buildCheckpoint } from '../../src/train/checkpoint.ts';
import { seed } from '../support/seed.ts';
import { checkpointAt } from '../support/checkpoint.ts';
import { bitFlips } from '../support/flips.ts';
import { tinyRecipe } from '../support/tiny-training.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-checkpoints-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const [first, second, third] = await Promise.all(
  [10, 20, 30].map((step) => buildCheckpoint(checkpointAt(step))),
);
const weights = { ...checkpointAt(20), training: undefined };
const best = await buildCheckpoint(weights);

/** A folder of a run whose second checkpoint is its last, and its best weights. */
async function runAt(name: string): Promise<string> {
  const path = join(root, name);
  const folder = await RunFolder.create(path);
  await folder.save('last', first);
  await folder.save('best', best);
  await folder.save('last', second);
  await folder.close();
  return path;
}

/** The step that a run would go on from, and what is told of it. */
async function goOn(path: string, work?: (folder: RunFolder) => Promise<unknown>) {
  const told: string[] = [];
  const folder = await RunFolder.open(path, { onNotice: (line) => void told.push(line) });
  try {
    const { training } = await folder.checkpointToContinue();
    await work?.(folder);
    return { step: training?.progress.step, told };
  } finally {
    await folder.close();
  }
}

const bytesOf = async (path: string, name: string) => new Uint8Array(await readFile(join(path, name)));

test('the checkpoint before the last is kept', async () => {
  const path = await runAt('kept');
  expect(await bytesOf(path, 'previous.safetensors')).toEqual(first);
  expect(await goOn(path, (folder) => folder.save('last', third))).toEqual({ step: 20, told: [] });
  expect(await bytesOf(path, 'previous.safetensors')).toEqual(second);
  expect(await bytesOf(path, 'last.safetensors')).toEqual(third);
});

const half = second.length / 2;
const damages: [string, Uint8Array | undefined, RegExp][] = [
  [
    'with a flipped bit',
    [...bitFlips(second, seed, 1, [second.length - 300, second.length])][0].flipped,
    /is damaged: the numbers of tensor '/,
  ],
  ['whose second half is zeros', new Uint8Array(second).fill(0, half), /last\.safetensors/],
  ['that is empty', new Uint8Array(0), /is not a safetensors file: 0 bytes/],
  ['that is missing', undefined, /last\.safetensors is missing/],
  ['of another program', new TextEncoder().encode('<html>'), /last\.safetensors/],
];

describe('a last checkpoint', () => {
  test.each(damages)('%s is fallen back from, aloud, and kept aside', async (name, bytes, message) => {
    const path = await runAt(name);
    const last = join(path, 'last.safetensors');
    if (bytes === undefined) await rm(last);
    else await writeFile(last, bytes);
    const { step, told } = await goOn(path);
    expect(step).toBe(10);
    expect(told).toEqual([
      expect.stringMatching(
        /^[^\n]*: going on from the checkpoint before it, previous\.safetensors, at step 10$/,
      ),
    ]);
    expect(told[0]).toMatch(message);
    expect(told[0]).not.toMatch(/verify: false/);
    // Looking changes nothing, so that it can be looked at again.
    await goOn(path, (folder) => folder.save('last', second));
    expect(await bytesOf(path, 'previous.safetensors')).toEqual(first);
    if (bytes !== undefined) expect(await bytesOf(path, 'last.safetensors.damaged')).toEqual(bytes);
    expect(await goOn(path, (folder) => folder.save('last', third))).toEqual({ step: 20, told: [] });
    expect(await bytesOf(path, 'previous.safetensors')).toEqual(second);
  });

  test('torn anywhere is fallen back from', async () => {
    const path = await runAt('torn');
    for (let length = 0; length < second.length; length += 97) {
      await writeFile(join(path, 'last.safetensors'), second.subarray(0, length));
      const { checkpoint, instead } = await readToContinue(path, {});
      expect(checkpoint.training?.progress.step, `${length} bytes`).toBe(10);
      expect(instead).toMatch(/last\.safetensors .*: going on from the checkpoint before it/);
    }
  });

  test('is refused in one line if the one before it is damaged as well, and read with verify: false', async () => {
    const path = await runAt('both');
    const flip = (bytes: Uint8Array): Uint8Array =>
      [...bitFlips(bytes, seed, 1, [bytes.length - 300, bytes.length])][0].flipped;
    await writeFile(join(path, 'last.safetensors'), flip(second));
    await writeFile(join(path, 'previous.safetensors'), flip(first));
    const failed = goOn(path);
    await expect(failed).rejects.toThrow(CardinalError);
    await expect(failed).rejects.toThrow(
      /^no checkpoint of the run in [^\n]* can be continued: [^\n]*last\.safetensors is damaged[^\n]*previous\.safetensors is damaged[^\n]*restore one[^\n]*`verify: false`[^\n]*$/,
    );
    const folder = await RunFolder.open(path, { verify: false });
    expect((await folder.checkpointToContinue()).training?.progress.step).toBe(20);
    await folder.close();
  });

  test('says what is wrong with it if there is no other', async () => {
    const path = await runAt('only');
    await rm(join(path, 'previous.safetensors'));
    await writeFile(join(path, 'last.safetensors'), second.subarray(0, half));
    await expect(goOn(path)).rejects.toThrow(/^[^\n]*last\.safetensors is truncated/);
  });

  test('that was about to be replaced is found under the other name', async () => {
    const path = await runAt('between');
    await rm(join(path, 'last.safetensors'));
    await expect(RunFolder.create(path)).rejects.toThrow(/holds a run already/);
    const folder = await RunFolder.open(path);
    await folder.discard();
    expect(await readdir(path)).toContain('previous.safetensors');
  });
});

describe('best weights', () => {
  test('that are damaged are made again from a checkpoint that has them, to the byte', async () => {
    const path = await runAt('best');
    for (const spoiled of [best.subarray(0, 100), undefined]) {
      if (spoiled === undefined) await rm(join(path, 'best.safetensors'));
      else await writeFile(join(path, 'best.safetensors'), spoiled);
      const { told } = await goOn(path);
      expect(told).toEqual([
        expect.stringMatching(/best\.safetensors [^\n]*: it is made again from the last checkpoint$/),
      ]);
      expect(await bytesOf(path, 'best.safetensors')).toEqual(best);
    }
  });

  test('that no checkpoint has are told to be lost until they are beaten', async () => {
    const path = await runAt('lost');
    const { training } = checkpointAt(30);
    const progress = training && { ...training.progress, best: { epoch: 0, top1: 0.625 } };
    const later = await buildCheckpoint(checkpointAt(30, progress && { progress }));
    await goOn(path, (folder) => folder.save('last', later));
    await writeFile(join(path, 'best.safetensors'), best.subarray(0, -1));
    const { step, told } = await goOn(path, (folder) => folder.adoptRecipe(tinyRecipe({ epochs: 9 })));
    expect(step).toBe(30);
    expect(told).toEqual([
      expect.stringMatching(
        /is truncated.*: it is written anew when validation exceeds the 62\.5.% of epoch 1; until then/,
      ),
    ]);
  });
});
