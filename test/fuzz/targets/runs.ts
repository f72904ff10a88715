import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { jsonObject, jsonValue, parseJson, validate, type JsonValue } from '../../../src/base/validate.ts';
import { runConfigSchema } from '../../../src/node/training/config.ts';
import { isPretrainedConfig, readPretrainedConfig } from '../../../src/data/pretrained-config.ts';
import { defaultPreprocessing, imagenetStatistics } from '../../../src/data/preprocessing.ts';
import { readClassNames } from '../../../src/node/class-names.ts';
import { lineOf } from '../../../src/run/pictures/picture-list.ts';
import { lookAt } from '../../../src/node/lock/record.ts';
import { metricsLine } from '../../../src/run/folder/metrics-line.ts';
import { summarizeMetrics } from '../../../src/run/report/metrics-summary.ts';
import { StudyFolder } from '../../../src/node/study/study-folder.ts';
import { outcomeSchema } from '../../../src/study/outcome.ts';
import { buildCheckpoint, parseCheckpoint } from '../../../src/train/checkpoint.ts';
import { recipes } from '../../../src/train/recipe.ts';
import { mutate } from '../../support/mutate.ts';
import { MemoryStore, runTraining, tinyRecipe, tinyRun } from '../../support/tiny-training.ts';
import { mutateJson, mutateTree } from '../formats/json.ts';
import { mutateRecords } from '../formats/records.ts';
import type { Probe, Target } from '../target.ts';
import { mutateSafetensors, withHeader } from './weights.ts';
import {
  countListed,
  listOf,
  picturesOf,
  unpackList,
  linesThatStay,
  planRewind,
  readMetricsFile,
} from '../../node/support/on-node.ts';

function texts(...values: readonly unknown[]): () => Promise<Uint8Array[]> {
  return () =>
    Promise.resolve(values.map((value) => new TextEncoder().encode(JSON.stringify(value, undefined, 2))));
}

/** Writes the file, and gives its path. */
function written({ folder }: Probe, name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const inFolder = { begins: /^\/\S*cardinal-fuzz-/ };
const json = { early: /is not JSON/, mutate: mutateJson };

const preprocessing = {
  ...defaultPreprocessing({ channels: 3, imageSize: 32, ...imagenetStatistics }),
};

const runConfig: Target = {
  ...json,
  name: 'run-config',
  seeds: texts({
    cardinal: '0.1.0',
    startedAt: '2026-01-02T03:04:05.678Z',
    command: 'cardinal train photos',
    data: '/photos',
    model: { name: 'resnext_cifar', options: { layers: [1, 1], planes: 8, cardinality: 4 } },
    recipe: recipes.imagenet,
    seed: 7,
    valFraction: 0.1,
    strict: false,
    preprocessing,
    weights: { file: 'hf:timm/resnext', head: 'reset', licence: 'mit' },
    freeze: ['layer*.0'],
    checkpointEvery: 5,
  }),
  read: (bytes, { file }) => {
    parseJson(runConfigSchema, new TextDecoder().decode(bytes), file);
    return Promise.resolve();
  },
};

const lines = Array.from({ length: 12 }, (_, step) => ({ type: 'step', epoch: step >> 2, step: step + 1, stepsPerEpoch: 4, loss: 1.5, learningRate: 0.1, imagesPerSecond: 100, elapsed: step })); // prettier-ignore
const metricsText = [
  { type: 'start', epochs: 3, classes: ['a', 'b'] },
  ...[0, 1, 2].flatMap((epoch) => [
    ...lines.slice(4 * epoch, 4 * epoch + 4),
    { type: 'epoch', epoch, step: 4 * epoch + 4, train: { loss: 1.2, top1: 0.5 }, validation: { loss: 1.1, top1: 0.6, top5: 1 }, seconds: 4, elapsed: 4 }, // prettier-ignore
  ]),
  { type: 'end', reason: 'finished', seconds: 12 },
]
  .map(metricsLine)
  .join('');

/** A file of lines with checksums is damaged by lines, with sums that are right for what they then say for the most part. */
const metrics: Target = {
  ...inFolder,
  name: 'metrics',
  seeds: () => Promise.resolve([metricsText, metricsText.replaceAll(/,"crc":"\w+"/g, '')].map((text) => new TextEncoder().encode(text))), // prettier-ignore
  early: /^never$/,
  mutate: (bytes, rng, others) =>
    mutateRecords(
      {
        split: (file) =>
          new TextDecoder().decode(file).split(/(?<=\n)/).map((line) => new TextEncoder().encode(line)), // prettier-ignore
        inside(line, random) {
          const damaged = new TextDecoder().decode(mutateJson(line, random, [line]));
          try {
            return new TextEncoder().encode(metricsLine(jsonObject.parse(JSON.parse(damaged))));
          } catch {
            return new TextEncoder().encode(damaged);
          }
        },
      },
      bytes,
      rng,
      others,
    ),
  async read(bytes, probe) {
    const path = written(probe, 'metrics.jsonl', bytes);
    // A line is read though it is longer than what is read at a time.
    await summarizeMetrics(readMetricsFile(path, 64 + (bytes.length >> 3)), 4);
    const reached = { step: 8, epoch: 2 };
    await planRewind(path, reached);
    let kept = 0;
    for await (const part of linesThatStay(path, reached)) kept += part.length;
    if (kept > bytes.length + 1) probe.fault(`${kept} bytes are kept of ${bytes.length}`);
  },
};

const study: Target = {
  ...json,
  ...inFolder,
  name: 'study',
  seeds: texts({
    cardinal: '0.1.0',
    study: 'table3',
    scale: 'small',
    data: '/d',
    setting: '{}',
    seeds: 3,
    epochs: 5,
  }),
  async read(bytes, probe) {
    written(probe, 'study.json', bytes);
    await StudyFolder.config(probe.folder);
  },
};

const outcome: Target = {
  ...json,
  name: 'outcome',
  seeds: texts({
    arm: 'c1',
    seed: 0,
    values: { error: 20.5, seconds: 3 },
    epochs: [{ epoch: 1, trainLoss: 1, trainError: 50, testLoss: 1, testError: 60 }],
    seconds: 12.5,
  }),
  read: (bytes, { file }) => {
    parseJson(outcomeSchema, new TextDecoder().decode(bytes), file);
    return Promise.resolve();
  },
};

/** The JSON texts in a checkpoint's metadata, of which the header's JSON says nothing; without a digest, as others write them. */
const checkpoint: Target = {
  name: 'checkpoint',
  async seeds() {
    const store = new MemoryStore();
    await runTraining(tinyRun(3, { store, preprocessing, recipe: tinyRecipe({ ema: { decay: 0.9 } }) }));
    const last = store.bytes('last');
    const best = await buildCheckpoint({ ...(await store.read('best')), classes: ['a', 'b', 'c'] });
    return [last, withoutDigest(last), withoutDigest(best)];
  },
  early: /not a safetensors file|the header is not|cannot be verified|damaged: |SHA-256/,
  mutate(bytes, rng, others) {
    const header = headerOf(bytes);
    const said = header?.json['__metadata__'];
    if (
      header === undefined ||
      rng.int(4) === 0 ||
      typeof said !== 'object' ||
      said === null ||
      Array.isArray(said)
    ) {
      return mutateSafetensors(bytes, rng, others);
    }
    const keys = Object.keys(said);
    if (keys.length === 0) return mutate(bytes, rng, others);
    const key = keys[rng.int(keys.length)];
    const text = said[key];
    if (typeof text !== 'string') return mutateSafetensors(bytes, rng, others);
    const changed = { ...header.json, __metadata__: { ...said, [key]: damagedText(text, rng) } };
    return withHeader(new TextEncoder().encode(JSON.stringify(changed)), header.data);
  },
  async read(bytes, { file }) {
    await parseCheckpoint(bytes, file);
  },
};

function damagedText(text: string, rng: Parameters<Target['mutate']>[1]): string {
  try {
    const value = jsonValue.parse(JSON.parse(text));
    if (rng.int(4) > 0) return JSON.stringify(mutateTree(value, rng));
  } catch {
    // It is no JSON, or not any more.
  }
  return new TextDecoder().decode(mutate(new TextEncoder().encode(text), rng, [Uint8Array.of(0x22)]));
}

function headerOf(bytes: Uint8Array): { json: Record<string, JsonValue>; data: Uint8Array } | undefined {
  if (bytes.length < 8) return undefined;
  const end = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  try {
    const parsed = validate(
      jsonObject,
      JSON.parse(new TextDecoder().decode(bytes.subarray(8, end))),
      'header',
    );
    return { json: parsed, data: bytes.subarray(end) };
  } catch {
    return undefined;
  }
}

function withoutDigest(bytes: Uint8Array): Uint8Array {
  const header = headerOf(bytes);
  if (header === undefined) throw new Error('a checkpoint without a header');
  const metadata = validate(jsonObject, header.json['__metadata__'], 'metadata');
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(([key]) => !key.startsWith('cardinal.digest')),
  );
  return withHeader(
    new TextEncoder().encode(JSON.stringify({ ...header.json, __metadata__: kept })),
    header.data,
  );
}

const listedLines = Array.from({ length: 20 }, (_, n) =>
  lineOf([n < 15 ? 'train' : 'held out', `class ${n % 3}`, `${n % 3}/${n}.png`, 100 + n, '']),
);
const listedPictures = await listOf([listedLines.slice(0, 15), listedLines.slice(15)], false);

/** Gzipped lines of JSON: the bytes damaged, or the lines in them. Damage is told by what comes back, nothing is thrown. */
const pictureList: Target = {
  name: 'picture-list',
  seeds: () => Promise.resolve([listedPictures.zipped]),
  early: /^never$/,
  mutate(bytes, rng, others) {
    const lines = rng.int(3) === 0 ? undefined : unzippedText(bytes)?.split('\n');
    if (lines === undefined) return mutate(bytes, rng, others, { most: 2 });
    const at = rng.int(lines.length);
    const line = new TextEncoder().encode(lines[at]);
    lines[at] =
      rng.int(4) === 0
        ? lines[at].repeat(1 + rng.int(2 ** 12))
        : new TextDecoder().decode(mutateJson(line, rng, [line]));
    return new Uint8Array(gzipSync(lines.join('\n')));
  },
  async read(bytes, probe) {
    const list = await unpackList(bytes, listedPictures.hashes);
    if (list === undefined) return;
    const pictures = await picturesOf(list);
    if (!isDeepStrictEqual(pictures, await picturesOf(listedPictures)))
      probe.fault('another list of these hashes');
    if ((await countListed(bytes)) !== pictures.length) probe.fault('another count');
  },
};

function unzippedText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder().decode(gunzipSync(bytes, { maxOutputLength: 2 ** 22 }));
  } catch {
    return undefined;
  }
}

/** Whatever lies there: another process may be writing it. Nothing is thrown for any content. */
const lock: Target = {
  ...json,
  name: 'lock',
  seeds: texts(
    {
      pid: 12,
      started: 'Mon',
      host: 'here',
      boot: 'b',
      namespace: 'n',
      state: 'owner',
      kernel: true,
      beat: 3,
    },
    { pid: 12, started: 'Mon', host: 'here' },
  ),
  read(bytes, probe) {
    const path = written(probe, '.lock-1', bytes);
    try {
      lookAt(path, (_, look) => {
        if (
          typeof look === 'object' &&
          look.record !== undefined &&
          /\p{Cc}/u.test(Object.values(look.record).join(''))
        )
          probe.fault(`a record with control characters: ${look.text}`);
      });
    } catch (error) {
      probe.fault(String(error));
    }
    return Promise.resolve();
  },
};

const classNames: Target = {
  ...json,
  ...inFolder,
  name: 'class-names',
  seeds: async () => [
    ...(await texts(['a', 'b', 'c'], { 0: 'a', 1: 'b' }, { 0: ['n01', 'a'], 1: ['n02', 'b'] })()),
    new TextEncoder().encode('a\nb\nc\n'),
  ],
  async read(bytes, probe) {
    await readClassNames(written(probe, 'names.json', bytes));
  },
};

/** What a repository of the hub says of its weights. */
const hubConfig: Target = {
  ...json,
  name: 'hub-config',
  seeds: texts(
    {
      architecture: 'resnext50_32x4d.tv_in1k',
      num_classes: 3,
      label_names: ['a', 'b', 'c'],
      label_descriptions: { a: 'x', b: 'y', c: 'z' },
      pretrained_cfg: { tag: 'tv', mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2], input_size: [3, 224, 224], test_input_size: [3, 288, 288], crop_pct: 0.875, test_crop_pct: 1, crop_mode: 'center', interpolation: 'bicubic', license: 'mit', hf_hub_id: 'timm/x' }, // prettier-ignore
    },
    {
      architecture: 'resnet18',
      num_classes: 10,
      resize_size: 256,
      crop_size: [224, 224],
      interpolation: 'bilinear',
    },
  ),
  read: (bytes, { file }) => {
    const value = parseJson(jsonValue, new TextDecoder().decode(bytes), file);
    if (isPretrainedConfig(value)) readPretrainedConfig(value, file);
    return Promise.resolve();
  },
};

export const runs: readonly Target[] = [
  runConfig,
  metrics,
  study,
  outcome,
  checkpoint,
  pictureList,
  lock,
  classNames,
  hubConfig,
];
