import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

import { CardinalError } from '../../../src/base/errors.ts';
import { f32 } from '../../../src/base/tensor-data.ts';
import { Rng } from '../../../src/base/rng.ts';
import type { Preprocessing } from '../../../src/data/preprocessing.ts';
import { AdaptiveAvgPool2d, Conv2d, Flatten, Linear, ReLU, Sequential } from '../../../src/nn/index.ts';
import { loadClassifier } from '../../../src/node/classifier.ts';
import { saveWeights } from '../../../src/node/weights.ts';
import type { ModelSource } from '../../../src/serve/models/served-models.ts';
import type { Classifier } from '../../../src/use/classifier.ts';
import { hostilePictures, png } from '../../support/hostile-pictures.ts';
import { mutate } from '../../support/mutate.ts';

export const classes = ['ash', 'birch', 'cedar', 'fir', 'oak'];
export const input = [3, 8, 8] as const;
const preprocessing: Preprocessing = {
  channels: 3,
  size: [8, 8],
  resize: 8,
  interpolation: 'bilinear',
  mean: [0.5, 0.5, 0.5],
  std: [0.25, 0.25, 0.25],
};

function network(): Sequential {
  return new Sequential(
    new Conv2d(3, 8, 3, { padding: 1 }),
    new ReLU(),
    new AdaptiveAvgPool2d(1),
    new Flatten(),
    new Linear(8, classes.length),
  );
}

/** A picture file, or what claims to be one, and what a classifier by itself says of it, by the version of its weights. */
export interface Sample {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly answers: ReadonlyMap<string, PictureAnswer>;
  /** Why it cannot be read. */
  readonly fault: string | undefined;
}

export interface PictureAnswer {
  readonly predictions: readonly object[];
  readonly logits: Float32Array;
  readonly features: Float32Array;
  readonly overlay: Uint8Array;
}

/** Prepared pictures N×C×H×W, and their logits. */
export interface Tensor {
  readonly pictures: number;
  readonly bytes: Buffer;
  readonly logits: ReadonlyMap<string, Buffer>;
}

/** What requests are made of, with the answers that classifiers of this process gave one at a time. */
export interface World {
  readonly source: ModelSource;
  readonly good: readonly Sample[];
  /** Truncated, flipped, larger than they may be: 422. */
  readonly damaged: readonly Sample[];
  /** By their first bytes: 415. */
  readonly noPictures: readonly Uint8Array[];
  readonly tensors: readonly Tensor[];
  readonly versions: readonly string[];
  /** Puts other weights, whole or not, in the place of the served file. */
  readonly replace: (by: 'the other' | Spoiled) => void;
}

export const spoiled = ['cut off', 'no weights', 'NaN'] as const;
export type Spoiled = (typeof spoiled)[number];

/** What a request may have: little, so that little is too much. */
export const limits = { queue: 40, pictures: 6, bodyBytes: 200_000, heldBytes: 4_000_000, maxPixels: 10_000 };

export async function makeWorld(folder: string, seed: number): Promise<World> {
  const at = (name: string): string => join(folder, name);
  const files = [at('first.safetensors'), at('second.safetensors')];
  await saveWeights(network().initialize(seed), files[0]);
  await saveWeights(network().initialize(seed + 1), files[1]);
  const broken = network().initialize(seed);
  const bias = f32([classes.length], new Float32Array(classes.length).fill(NaN));
  broken.loadStateDict(new Map([...broken.stateDict(), ['4.bias', bias]]));
  await saveWeights(broken, at('nan.safetensors'));
  const served = at('served.safetensors');
  copyFileSync(files[0], served);
  const source = { weights: served, name: 'trees', model: network, preprocessing, classes };
  const versions = files.map((file) =>
    createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12),
  );
  const classifiers = await Promise.all(
    files.map((file) =>
      loadClassifier(file, {
        model: network(),
        preprocessing,
        classes,
        threads: 1,
        blas: false,
        maxPixels: limits.maxPixels,
      }),
    ),
  );
  const own = new Map(versions.map((version, index) => [version, classifiers[index]]));
  try {
    const rng = Rng.of(seed, 'world');
    const good: Sample[] = [];
    for (let i = 0; i < 24; i++) good.push(await sampleOf(await drawn(rng, i), own));
    const damaged: Sample[] = [];
    for (const bytes of await damagedOf(good, rng)) {
      const sample = await sampleOf({ bytes, type: 'image/png' }, own);
      if (sample.fault === undefined) good.push(sample);
      else damaged.push(sample);
    }
    const tensors: Tensor[] = [];
    for (let i = 0; i < 12; i++) tensors.push(await tensorOf(rng, 1 + (i % 5), own));
    let current = 0;
    return {
      ...{ source, good, damaged, tensors, versions },
      noPictures: (await hostilePictures())
        .filter(({ reason }) => /SVG|PDF|known format/.test(reason.source))
        .filter(({ name }) => !name.includes('-as-'))
        .map(({ bytes }) => bytes),
      replace: (by) => {
        const next = at('next.safetensors');
        if (by === 'the other') current = 1 - current;
        copyFileSync(by === 'NaN' ? at('nan.safetensors') : files[current], next);
        if (by === 'cut off') truncateSync(next, 300);
        if (by === 'no weights') writeFileSync(next, 'no weights');
        renameSync(next, served);
      },
    };
  } finally {
    for (const classifier of classifiers) await classifier.dispose();
  }
}

async function drawn(rng: Rng, index: number): Promise<Pick<Sample, 'bytes' | 'type'>> {
  const [width, height] = [6 + rng.int(30), 6 + rng.int(30)];
  const data = Uint8Array.from({ length: 3 * width * height }, () => rng.int(256));
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  const format = (['png', 'jpeg', 'webp'] as const)[index % 3];
  // A buffer's slices share its memory, and `mutate` changes what it has sliced.
  const bytes = new Uint8Array(await picture.toFormat(format).toBuffer());
  return { bytes, type: `image/${format}` };
}

/** A bomb of 30,000×30,000, what else wants too much, and good pictures that were cut off or had bytes changed. */
async function damagedOf(good: readonly Sample[], rng: Rng): Promise<Uint8Array[]> {
  const hostile = (await hostilePictures()).filter(({ name }) =>
    /^(webp-|png-wide|png-claims|gif|bmp|tiff-|ppm|avif-6)/.test(name),
  );
  return [
    png(30_000, 30_000, Buffer.alloc(9)),
    ...hostile.map(({ bytes }) => bytes),
    ...good.slice(0, 12).map(({ bytes }) => bytes.subarray(0, Math.floor(bytes.length / 2))),
    // Beyond what a format is known by.
    ...good.map(({ bytes }) => mutate(bytes, rng, [bytes], { begin: 16 })),
  ];
}

async function sampleOf(
  { bytes, type }: Pick<Sample, 'bytes' | 'type'>,
  own: ReadonlyMap<string, Classifier>,
): Promise<Sample> {
  const answers = new Map<string, PictureAnswer>();
  let fault: string | undefined;
  for (const [version, classifier] of own) {
    try {
      const explanation = await classifier.explain(bytes);
      answers.set(version, {
        predictions: await classifier.classify(bytes, { topK: classes.length }),
        logits: await classifier.logits(bytes),
        features: await classifier.features(bytes),
        overlay: await explanation.overlay(),
      });
    } catch (error) {
      if (!(error instanceof CardinalError)) throw error;
      fault = error.message;
    }
  }
  return { bytes, type, answers, fault };
}

async function tensorOf(rng: Rng, pictures: number, own: ReadonlyMap<string, Classifier>): Promise<Tensor> {
  const values = Float32Array.from({ length: pictures * 3 * 8 * 8 }, () => rng.uniform(-2, 2));
  const logits = new Map<string, Buffer>();
  for (const [version, classifier] of own) {
    logits.set(version, bytesOf((await classifier.forward(values)).data));
  }
  return { pictures, bytes: bytesOf(values), logits };
}

export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
