import { cpSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { requireUnedited } from '../../../src/run/training/reopen.ts';
import { RunLog } from '../../../src/run/training/events.ts';
import {
  settingsFor,
  countListed,
  listPictures,
  picturesOf,
  unpackList,
  picturesOfRun,
} from '../support/on-node.ts';
import type { RunConfig } from '../../../src/run/training/config.ts';
import type { LastCheckpoint } from '../../../src/run/training/prepared.ts';
import { openData } from '../../../src/node/data/open.ts';
import { pictureListFile } from '../../../src/run/pictures/picture-list.ts';
import { RunFolder } from '../../../src/node/run-folder.ts';
import type { TrainOnOptions } from '../../../src/node/training/options.ts';
import { trainOn } from '../../../src/node/training/train-on.ts';
import type { Checkpoint } from '../../../src/train/checkpoint.ts';
import { cifarFile, drawing, temporaryFolder, writeBytes, writeClasses } from './support/sources.ts';
import { PooledNetwork, thumbnails } from '../support/own-network.ts';

const backend = createReferenceBackend();
const { path: root, remove } = temporaryFolder();
const at = (...names: string[]): string => join(root, ...names);
const original = at('original');
const photos = at('photos');
/** Runs that were interrupted after a step: of photos, and strict. Each test gets copies. */
const begun = { usual: at('begun'), strict: at('begun-strict') };
const out = at('run');

const train = async (options: TrainOnOptions, source = photos): Promise<string[]> => {
  const controller = new AbortController();
  const warnings: string[] = [];
  await trainOn(source, new PooledNetwork().initialize(1), {
    ...(options.resume === true
      ? {}
      : { preprocessing: thumbnails, batchSize: 4, epochs: 9, seed: 5, valFraction: 0.25 }),
    ...{ out, backend, report: false, evaluate: false, signal: controller.signal, ...options },
    onEvent: (event) => {
      if (event.type === 'warning') warnings.push(event.message);
      if (event.type === 'step') controller.abort();
    },
  });
  return warnings;
};
const goOn = (options: TrainOnOptions = {}, source?: string): Promise<string[]> =>
  train({ resume: true, ...options }, source);
/** What a run that is about to go on says of its pictures, in one line; nothing if they are as they were. */
const look = async (strict = false, folder = photos): Promise<string | undefined> => {
  const checkpoint = await checkpointOf(out);
  const heldOut = checkpoint.pictures?.at(0)?.heldOut;
  const data = await openData(folder, { seed: 5, valFraction: heldOut?.fraction ?? 0 });
  return (await picturesOfRun(data, { strict, earlier: { path: out, checkpoint } })).warning;
};
const checkpointOf = async (path: string): Promise<Checkpoint> => {
  const folder = await RunFolder.open(path);
  return folder.readCheckpoint('last').finally(() => folder.close());
};

beforeAll(async () => {
  await writeClasses(original, { dark: 12, light: 8 });
  cpSync(original, photos, { recursive: true });
  await train({ out: begun.usual });
  await train({ out: begun.strict, strict: true });
});
afterAll(remove);
beforeEach(() => {
  for (const [from, to] of [
    [original, photos],
    [begun.usual, out],
  ] as const) {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  }
});
const makeStrict = (): void => {
  rmSync(out, { recursive: true });
  cpSync(begun.strict, out, { recursive: true });
};
const trained = async (): Promise<string[]> => {
  const { train: pictures } = await openData(original, { seed: 5, valFraction: 0.25 });
  return pictures === undefined ? [] : Array.from(pictures.labels, (_, index) => pictures.key?.(index) ?? '');
};
/** Another content in as many bytes, which a decoder reads all the same. */
const scribble = (file: string): void => {
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.concat([bytes.subarray(0, -4), Buffer.from('0000')]));
};

describe('a run that goes on with its pictures', () => {
  test('as they were says nothing, wherever they lie now', async () => {
    expect(await look()).toBeUndefined();
    renameSync(photos, at('elsewhere'));
    expect(await look(true, at('elsewhere'))).toBeUndefined();
    rmSync(at('elsewhere'), { recursive: true });
  });

  test('of which one was renamed, moved to another class, removed or added is refused, and names it', async () => {
    const refused = `${out} was trained on other pictures than ${photos} has now: `;
    const cure = `; put them back, or begin another run (\`weights: '${out}/best.safetensors'\` begins with what this one learned)`;
    renameSync(join(photos, 'dark/003.png'), join(photos, 'dark/new.png'));
    await expect(look()).rejects.toThrow(
      `${refused}1 is gone (dark/003.png), 1 is new (dark/new.png)${cure}`,
    );
    renameSync(join(photos, 'dark/new.png'), join(photos, 'light/003b.png'));
    await expect(look()).rejects.toThrow(
      `${refused}1 is gone (dark/003.png), 1 is new (light/003b.png)${cure}`,
    );
    rmSync(join(photos, 'light/003b.png'));
    await expect(look()).rejects.toThrow(`${refused}1 is gone (dark/003.png)${cure}`);
    rmSync(join(photos, 'dark/004.png'));
    await expect(look()).rejects.toThrow(`${refused}2 are gone (the first dark/003.png)${cure}`);
    // Without the list, or with one that is damaged, it is not known which.
    truncateSync(join(out, pictureListFile), 20);
    await expect(look()).rejects.toThrow(`${refused}their names or classes are others${cure}`);
  });

  test('of which some were replaced tells how many and goes on; strict, it refuses', async () => {
    const [file] = await trained();
    const before = readFileSync(join(photos, file)).length;
    const bytes = await drawing([1, 2, 3], 40, 40).png().toBuffer();
    writeFileSync(join(photos, file), bytes);
    const change = `${out} was trained on other pictures than ${photos} has now: 1 is replaced (${file}: ${before} bytes, now ${bytes.length})`;
    await expect(goOn({ strict: true })).rejects.toThrow(`${change}; put them back: the run is strict`);
    expect(await goOn()).toEqual([`${change}; the run goes on with those that are there now`]);
    // Said once: from here on the run is one of these pictures.
    expect(await goOn()).toEqual([]);
    const conditions = (await checkpointOf(out)).training?.conditions;
    expect(conditions).toHaveLength(2);
  });

  test('whose classes were exchanged tells that they all are others', async () => {
    for (const [from, to] of [
      ['dark', 'kept'],
      ['light', 'dark'],
      ['kept', 'light'],
    ] as const)
      renameSync(join(photos, from), join(photos, to));
    await expect(look()).rejects.toThrow(
      /4 are gone \(the first dark\/008\.png\), 4 are new \(the first light/,
    );
    // Where there are as many of both, names tell nothing, and here sizes neither.
    rmSync(photos, { recursive: true });
    cpSync(original, photos, { recursive: true });
    for (const name of ['008', '009', '010', '011']) rmSync(join(photos, `dark/${name}.png`));
    rmSync(out, { recursive: true });
    await train({});
    for (const [from, to] of [
      ['dark', 'kept'],
      ['light', 'dark'],
      ['kept', 'light'],
    ] as const)
      renameSync(join(photos, from), join(photos, to));
    expect(await look()).toEqual(
      expect.stringMatching(
        /of the 12 training pictures whose content it knows, 12 are replaced \(the first dark\/\d+\.png: of the same size\)/,
      ),
    );
  });

  test('notices another content of the same size: by its samples, and of any picture if strict', async () => {
    const files = await trained();
    scribble(join(photos, files[2]));
    // All are among the 128 samples here.
    expect(await look()).toEqual(
      `${out}: of the ${files.length} training pictures whose content it knows, 1 is replaced (${files[2]}: of the same size); the run goes on with those that are there now`,
    );
    makeStrict();
    const refusal = new RegExp(`1 is replaced \\(${files[2]}: of the same size\\); put them back`);
    await expect(look(true)).rejects.toThrow(refusal);
    expect(await look()).toEqual(expect.stringMatching(/of the same size\); the run goes on/));
  });

  test('knows the validation pictures, too', async () => {
    const { val } = await openData(original, { seed: 5, valFraction: 0.25 });
    const held = val?.key?.(0) ?? '';
    writeFileSync(join(photos, held), await drawing([1, 2, 3], 40, 40).png().toBuffer());
    expect(await look()).toEqual(expect.stringContaining(`1 is replaced (${held}: `));
  });
});

test('validation pictures of their own that are others are told, and change nothing of the training', async () => {
  const splits = at('splits');
  cpSync(original, join(splits, 'train'), { recursive: true });
  cpSync(original, join(splits, 'val'), { recursive: true });
  rmSync(out, { recursive: true });
  await train({ valFraction: undefined }, splits);
  rmSync(join(splits, 'val/dark/003.png'));
  expect(await goOn({}, splits)).toEqual([
    expect.stringContaining('1 is gone (dark/003.png); the run goes on'),
  ]);
});

test('records in one file are known by their content: a label that was changed is refused', async () => {
  const data = at('cifar');
  const labels = Array.from({ length: 40 }, (_, n) => [n % 10]);
  writeBytes(join(data, 'data_batch_1.bin'), cifarFile(labels));
  const opened = await openData(data, { valFraction: 0 });
  const { record, conditions } = await picturesOfRun(opened, { strict: false });
  const { conditions: again } = await picturesOfRun(opened, { strict: true });
  expect(again.pictures?.train).toBe(conditions.pictures?.train);
  const list = await listPictures(opened, false);
  writeBytes(join(at('cifar-run'), pictureListFile), list.zipped);
  const training = { conditions: [{ step: 0, cardinal: '1', backend: 'wasm', ...conditions }] };
  const earlier = {
    path: at('cifar-run'),
    checkpoint: { pictures: [record], training } as unknown as Checkpoint,
  };
  const look = async () =>
    (await picturesOfRun(await openData(data, { valFraction: 0 }), { strict: false, earlier })).warning;
  expect(await look()).toBeUndefined();

  writeBytes(join(data, 'data_batch_1.bin'), cifarFile([[1], ...labels.slice(1)]));
  await expect(look()).rejects.toThrow(
    '1 is of another class (data_batch_1.bin#0: airplane, now automobile)',
  );
  const bytes = cifarFile(labels);
  bytes[3073 * 7 + 5] ^= 1;
  writeBytes(join(data, 'data_batch_1.bin'), bytes);
  expect(await look()).toContain('1 is replaced (data_batch_1.bin#7: of the same size)');
});

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

test('a list says of every picture what its hashes do, whatever the names', async () => {
  const odd = at('odd');
  await writeClasses(odd, { 'a\tb': 3, 'c "d"': 3 });
  renameSync(join(odd, 'a\tb/000.png'), join(odd, 'a\tb/line\nend.png'));
  const data = await openData(odd, { valFraction: 0.4 });
  const list = await listPictures(data, true);
  const packed = list.zipped;
  expect(await unpackList(packed, list.hashes)).toEqual(list);
  // The format, written by hand: what older versions wrote is read by this one, and the other way round.
  const lines = (['train', 'val'] as const).map((split) => {
    const dataset = data[split];
    return Array.from(dataset?.labels ?? [], (label, index) => {
      const bytes = readFileSync(dataset?.id(index) ?? '');
      const name = relative(odd, dataset?.id(index) ?? '');
      const part = split === 'val' ? 'held out' : split;
      const content = sha256(bytes).slice(0, 12);
      return `${JSON.stringify([part, data.classes[label], name, bytes.length, content])}\n`;
    }).join('');
  });
  expect(gunzipSync(packed).toString()).toBe(lines.join(''));
  expect(list.hashes).toEqual({
    train: sha256(lines[0]).slice(0, 32),
    validation: sha256(lines[1]).slice(0, 32),
    contents: true,
  });
  // What a checkpoint knows its pictures by.
  const { record } = await picturesOfRun(data, { strict: false });
  const names = lines
    .join('')
    .trim()
    .split('\n')
    .map((line) => {
      const [, className, name] = JSON.parse(line) as string[];
      return sha256(`${className}\n${name}`).slice(0, 16);
    });
  expect(record.fingerprint).toBe(sha256(names.sort().join('')).slice(0, 32));
  expect(record.sample.map((entry) => entry.slice(0, 12))).toEqual(
    names
      .filter((name) => record.sample.some((entry) => entry.startsWith(name.slice(0, 12))))
      .map((name) => name.slice(0, 12)),
  );
  expect(record.sample).toHaveLength(data.train?.length ?? 0);
  expect(await unpackList(packed, { ...list.hashes, train: '0' })).toBeUndefined();
  expect(await unpackList(packed.subarray(0, -9), list.hashes)).toBeUndefined();
  expect(await unpackList(new Uint8Array(9), list.hashes)).toBeUndefined();
  expect(await countListed(packed)).toBe((await picturesOf(list)).length);
  // Of a line without an end no more is unzipped than a line has.
  const endless = gzipSync(Buffer.alloc(2 ** 28, 0x20));
  expect(await unpackList(endless, list.hashes)).toBeUndefined();
  expect(await countListed(endless)).toBeUndefined();
});

test('an edited config.json is refused before anything is trained', async () => {
  const data = await openData(original, { seed: 5, valFraction: 0.25 });
  const request = {
    ...{ source: data, model: { name: 'resnet20_cifar' }, options: { seed: 5, imageSize: 16 } },
    ...{ onEvent: () => undefined, listen: () => undefined },
  };
  const { config } = await settingsFor(request, data, undefined, new RunLog(() => undefined));
  const { model, recipe, preprocessing: prepared } = config;
  const training = { seed: 5, recipe };
  const heldOut = { seed: 5, fraction: 0.25 };
  const checkpoint = {
    model,
    preprocessing: prepared,
    training,
    pictures: [{ heldOut }],
  } as unknown as LastCheckpoint;
  const look = (edited: Partial<RunConfig>) => () => {
    requireUnedited('runs/x', { ...config, ...edited }, checkpoint);
  };
  expect(look({})).not.toThrow();
  expect(look({ data: '/elsewhere', patience: 3, recipe: { ...recipe, epochs: 99 } })).not.toThrow();
  for (const [edited, words] of [
    [{ seed: 6 }, 'seed 5, not 6'],
    [{ valFraction: 0.2 }, 'valFraction 0.25, not 0.2'],
    [{ recipe: { ...recipe, labelSmoothing: 0.2 } }, 'labelSmoothing 0.1, not 0.2'],
    [{ recipe: { ...recipe, epochs: 2 } }, 'epochs 10, not 2'],
    [{ model: { ...model, name: 'resnet32_cifar' } }, 'model "resnet20_cifar", not "resnet32_cifar"'],
    [{ model: { ...model, options: { ...model.options, residual: false } } }, 'model.options {'],
    [{ preprocessing: { ...prepared, interpolation: 'bicubic' as const } }, 'preprocessing {'],
  ] as const) {
    expect(look(edited)).toThrow(`runs/x/config.json was edited: the run has ${words}`);
  }
});
