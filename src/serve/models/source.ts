import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  callback,
  checkOptions,
  flag,
  listOf,
  finite,
  record,
  text,
  texts,
  wholeFrom,
  type Kind,
  type Kinds,
} from '../../base/options.ts';
import { pictureLimitKinds, type PictureLimitOptions } from '../../data/picture-limits.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import { isHubName } from '../../hub/name.ts';
import { Module } from '../../nn/module.ts';
import { batchingKinds, type BatchingOptions } from '../../use/batch/options.ts';
import type { Wanted } from '../../use/prepare.ts';
import type { TrainedOptions } from '../../use/trained.ts';
import { checkModelName } from './model-name.ts';

/** A model to serve: where its weights are, what they do not say themselves, and how its pictures are limited and batched. */
export interface ModelSource
  extends Wanted, Omit<TrainedOptions, 'model'>, PictureLimitOptions, BatchingOptions {
  /** A file of weights (safetensors, `.pth`), the folder of a run (its best weights are meant), or `hf:owner/repo`. */
  readonly weights: string | URL;
  /**
   * What clients call it. Default: the name of the run's folder, or of the hub's repository, else of the network; with -2 behind it where
   * that is taken.
   */
  readonly name?: string | undefined;
  /** The registry's name of what bare weights are of; or a function that makes the network: each reload takes one of its own. */
  readonly model?: string | (() => Module) | undefined;
  /** How pictures become inputs. Default: as recorded, changed by `mean`, `std` and `imageSize`. */
  readonly preprocessing?: Preprocessing | undefined;
  /** Names by label. Default: the file's, else the labels' numbers. */
  readonly classes?: readonly string[] | undefined;
  /** Whether a reload may bring another number of classes, or another size of input. Default: false, they are refused. */
  readonly mayChangeShape?: boolean | undefined;
}

const path: Kind = {
  expected: 'the path or file: URL of weights, the folder of a run, or hf:owner/repo',
  is: (value) => text.is(value) || value instanceof URL,
};
const kinds: Kinds<ModelSource> = {
  weights: path,
  name: text,
  model: {
    expected: 'the name of a network of the registry, or a function that makes one',
    // A module may be called as well.
    is: (value) => text.is(value) || (callback.is(value) && !(value instanceof Module)),
  },
  options: record,
  inChannels: wholeFrom(1),
  partial: flag,
  verify: flag,
  preprocessing: record,
  classes: texts,
  mayChangeShape: flag,
  mean: listOf(finite),
  std: listOf(finite),
  imageSize: wholeFrom(1),
  ...pictureLimitKinds,
  ...batchingKinds,
};

/** @throws {UsageError} unless `source` is one. */
export function checkSource(source: ModelSource): void {
  checkOptions('a model to serve', source, kinds, ['weights']);
  if (source.name !== undefined) checkModelName(source.name);
}

/** Where a model's weights are. */
export interface Place {
  /** The path of a file, or a name of the hub. */
  readonly weights: string;
  /** The name of the run's folder that they lie in, if they do. */
  readonly run: string | undefined;
  /** Whether they are a file of this machine, which may be watched. */
  readonly isFile: boolean;
}

/** A run's weights to use. */
const bestWeights = 'best.safetensors';

/** Where a model's weights are now: what a link leads to, or a run's folder has, may change. */
export async function placeOf({ weights: given }: ModelSource): Promise<Place> {
  const weights = given instanceof URL && given.protocol === 'file:' ? fileURLToPath(given) : String(given);
  // Addresses of the web are refused by whoever opens them.
  if (isHubName(weights) || /^https?:/i.test(weights)) return { weights, run: undefined, isFile: false };
  const found = await stat(weights).catch(() => undefined);
  const file = found?.isDirectory() === true ? join(weights, bestWeights) : weights;
  const folder = dirname(resolve(file));
  const config = await stat(join(folder, 'config.json')).catch(() => undefined);
  return { weights: file, run: config?.isFile() === true ? basename(folder) : undefined, isFile: true };
}
