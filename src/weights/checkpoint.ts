import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { byCodePoint } from '../base/order.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { parseJson, validate } from '../base/validate.ts';
import type { VerifyOptions } from './digest.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

/*
 * A checkpoint is one safetensors file, so that any tool reads the weights:
 *
 *     <PyTorch's name>                  weights and running statistics
 *     optimizer.velocity.<parameter>    and whatever else the optimiser keeps of a parameter
 *     ema.<name>                        the moving average, if one is kept
 *     __metadata__                      what it says of itself, JSON by key; `training` is what else it takes to continue
 *
 * A network's own tensors may be called so, too: then `own` in the metadata lists them.
 *
 * How all this lies in the file is decided here. What it says, recipe and progress and conditions, is training's own, and its schemas
 * with it: whoever builds or parses a checkpoint passes them in, as `train/checkpoint.ts` does, so that no file format depends on how
 * training goes.
 */

/** What a program stores in its checkpoints: `D` of the weights, `T` of the training that goes on from them. */
export interface CheckpointSchema<D extends object, T extends object> {
  /** A description as metadata. */
  readonly metadataOf: (description: D) => Record<string, string>;
  /** The description in a file's metadata; undefined if there is none. Throws a `CardinalError` that begins with `source`. */
  readonly readDescription: (metadata: ReadonlyMap<string, string>, source: string) => D | undefined;
  readonly training: z.ZodMiniType<T>;
}

/** What training keeps beside the weights, by the plan's names. */
export interface TrainingTensors {
  /** `velocity.<parameter>`, … */
  readonly optimizer: StateDict;
  /** Parameters and running statistics; empty if no average is kept. */
  readonly ema: StateDict;
}

/** What a checkpoint holds beside its description. */
export interface CheckpointContents<T extends object> {
  readonly state: StateDict;
  /** What it takes to continue; absent where there are weights alone. */
  readonly training?: (T & TrainingTensors) | undefined;
}

const trainingKey = 'training';
const optimizerPrefix = 'optimizer.';
const emaPrefix = 'ema.';
const besidePrefixes = [optimizerPrefix, emaPrefix];
const ownKey = 'own';

/**
 * The bytes of a checkpoint file, with a digest of all of it. Tensors are copied before anything is waited for. Throws a
 * `CardinalError` if two of its tensors have one name, or `training` does not match its schema.
 */
export async function writeCheckpoint<D extends object, T extends object>(
  description: D,
  { state, training }: CheckpointContents<T>,
  schema: CheckpointSchema<D, T>,
): Promise<Uint8Array> {
  const tensors: StateDict = new Map(state);
  const beside = (prefix: string, kept: StateDict = new Map()): void => {
    for (const [name, tensor] of kept) {
      if (state.has(prefix + name)) {
        throw new CardinalError(
          `the network's tensor '${prefix}${name}' is called as what a checkpoint keeps of training: rename its attribute '${prefix.slice(0, -1)}'`,
        );
      }
      tensors.set(prefix + name, tensor);
    }
  };
  beside(optimizerPrefix, training?.optimizer);
  beside(emaPrefix, training?.ema);
  const metadata = { ...schema.metadataOf(description), ...ownMetadata(state.keys()) };
  if (training !== undefined) {
    metadata[trainingKey] = JSON.stringify(validate(schema.training, training, 'buildCheckpoint: training'));
  }
  return writeSafetensors(tensors, metadata);
}

/** What a file's metadata must say of weights that are called as what training keeps beside weights; nothing, as a rule. */
function ownMetadata(weights: Iterable<string>): Record<string, string> {
  const own = [...weights].filter((name) => besidePrefixes.some((prefix) => name.startsWith(prefix)));
  own.sort(byCodePoint);
  return own.length === 0 ? {} : { [ownKey]: JSON.stringify(own) };
}

/**
 * Tells the weights and running statistics of a checkpoint from what training keeps beside them, by name. Throws a
 * `CardinalError` that begins with `source` if the metadata is damaged.
 */
export function weightTest(metadata: ReadonlyMap<string, string>, source: string): (name: string) => boolean {
  const json = metadata.get(ownKey);
  const own = new Set(
    json === undefined ? [] : parseJson(z.array(z.string()), json, `${source}: metadata '${ownKey}'`),
  );
  return (name) => own.has(name) || !besidePrefixes.some((prefix) => name.startsWith(prefix));
}

/**
 * Reads a checkpoint. Throws a `CardinalError` that begins with `source` if it is damaged, which its digest shows
 * unless `verify` is false, or has no description.
 */
export async function readCheckpoint<D extends object, T extends object>(
  bytes: Uint8Array,
  source: string,
  schema: CheckpointSchema<D, T>,
  { verify }: VerifyOptions = {},
): Promise<D & CheckpointContents<T>> {
  const { tensors, metadata } = await readSafetensors(bytes, source, { verify });
  const description = schema.readDescription(metadata, source);
  if (description === undefined) {
    throw new CardinalError(
      `${source} holds weights but no Cardinal metadata, so its model and classes are unknown: name the model`,
    );
  }
  const state: StateDict = new Map();
  const optimizer: StateDict = new Map();
  const ema: StateDict = new Map();
  const isWeight = weightTest(metadata, source);
  for (const [name, tensor] of tensors) {
    if (isWeight(name)) state.set(name, tensor);
    else if (name.startsWith(optimizerPrefix)) optimizer.set(name.slice(optimizerPrefix.length), tensor);
    else ema.set(name.slice(emaPrefix.length), tensor);
  }
  const json = metadata.get(trainingKey);
  if (json === undefined) return { ...description, state };
  const training = parseJson(schema.training, json, `${source}: metadata '${trainingKey}'`);
  return { ...description, state, training: { ...training, optimizer, ema } };
}
