import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { checkKind, objectWith, record, texts } from '../base/options.ts';
import type { StateDict, TensorData } from '../base/tensor-data.ts';
import { formatShape } from '../graph/value.ts';
import { listModels } from '../models/registry.ts';
import { checkState } from '../nn/state.ts';
import {
  readCheckpoint,
  writeCheckpoint,
  type CheckpointSchema,
  type TrainingTensors,
} from '../weights/checkpoint.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { conditionsSchema } from './conditions.ts';
import { metadataOf, readDescription, type Description } from './description.ts';
import type { ModelDescription } from './network.ts';
import { progressSchema } from './progress.ts';
import { recipeSchema } from './recipe.ts';

/**
 * Weights, their description, and what it takes to continue training. `best.safetensors` holds weights only (the
 * moving average's, if one is kept), `last.safetensors` everything. `weights/checkpoint.ts` says how it lies in a
 * file.
 */
export interface Checkpoint extends Description {
  readonly state: StateDict;
  /** What it takes to continue; absent in `best.safetensors`. */
  readonly training?: TrainingState | undefined;
}

/** What it takes beside the weights to continue training. */
export interface TrainingState extends z.infer<typeof trainingSchema>, TrainingTensors {}

const count = z.int().check(z.nonnegative());

const unfrozenSchema = z.object({ step: count, parameters: z.readonly(z.array(z.string())) });
/** What was frozen until so many steps of the run were done. */
export type Unfrozen = z.infer<typeof unfrozenSchema>;

/** The part of the training state that is no tensor. Random state is not in it: every stream is named by (seed, epoch, step). */
const trainingSchema = z.object({
  recipe: recipeSchema,
  seed: z.number(),
  /** Pictures in the training data, to notice that they are others. */
  trainSamples: count,
  /** Batch norm sees micro-batches, so a run must go on with the size it began with. */
  microBatchSize: z.int().check(z.positive()),
  /** Parameters that are not trained; absent if all are. A run must go on with the same ones. */
  frozen: z.optional(z.array(z.string())),
  /** Where `unfreezeAt` has come: the parameters that are trained since then, and the steps that were done before. */
  unfrozen: z.optional(unfrozenSchema),
  /** Whether activations are recomputed; absent if not. Results do not depend on it, so a run may go on with the other. */
  checkpointActivations: z.optional(z.boolean()),
  /** What the steps done depend on, from which step on; absent in checkpoints of old. */
  conditions: z.optional(z.readonly(z.array(conditionsSchema))),
  progress: progressSchema,
});

const checkpointSchema: CheckpointSchema<Description, z.infer<typeof trainingSchema>> = {
  metadataOf,
  readDescription,
  training: trainingSchema,
};

const checkpointKind = objectWith('what parseCheckpoint gives, { state, model, … }', 'state', 'model');

/**
 * The bytes of a checkpoint file, with a digest of all of it. Tensors are copied before anything is waited for. Throws a
 * `CardinalError` if two of its tensors have one name.
 */
export async function buildCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array> {
  checkKind('buildCheckpoint', 'the checkpoint', checkpoint, checkpointKind);
  const { state, training } = checkpoint;
  checkState('buildCheckpoint', state);
  // What epochs came to grows, and is in `metrics.jsonl`.
  const kept = training && { ...training, progress: { ...training.progress, history: undefined } };
  return writeCheckpoint(checkpoint, { state, training: kept }, checkpointSchema);
}

/**
 * Reads a checkpoint. Throws a `CardinalError` that begins with `source` if it is damaged, which its digest shows
 * unless `verify` is false, or only weights.
 */
export async function parseCheckpoint(
  bytes: Uint8Array,
  source: string,
  options: VerifyOptions = {},
): Promise<Checkpoint> {
  return readCheckpoint(bytes, source, checkpointSchema, options);
}

/**
 * Whether two descriptions may be of one network. Networks that are not the registry's go by the name of their class, which
 * says nothing: whoever minifies a program gives it another one with every build. Their tensors tell.
 */
export function mayBeSameModel(a: ModelDescription, b: ModelDescription): boolean {
  const listed = listModels();
  return a.name === b.name || !(listed.includes(a.name) || listed.includes(b.name));
}

/**
 * Throws a `CardinalError` unless the checkpoint is of this model: the same name in the registry, if it is there, and the same
 * tensors, of the same shapes. `source` is where the checkpoint came from.
 */
export function requireSameModel(
  checkpoint: Pick<Checkpoint, 'model' | 'state'>,
  model: ModelDescription,
  state: StateDict,
  source: string,
): void {
  checkKind('requireSameModel', 'the checkpoint', checkpoint, checkpointKind);
  checkKind('requireSameModel', 'the model', model, objectWith('{ name, options }', 'name'));
  checkState('requireSameModel', state);
  if (!mayBeSameModel(checkpoint.model, model)) {
    throw new CardinalError(
      `${source} is a checkpoint of ${checkpoint.model.name}, not of ${model.name}: use the same model`,
    );
  }
  requireSameTensors(checkpoint.state, state, `${source}: of another ${model.name}`);
}

/** Throws a `CardinalError` unless the checkpoint's classes are these, in this order. */
export function requireSameClasses(
  checkpoint: Pick<Checkpoint, 'classes'>,
  classes: readonly string[],
  source: string,
): void {
  checkKind('requireSameClasses', 'the checkpoint', checkpoint, record);
  checkKind('requireSameClasses', 'the classes', classes, texts);
  const { classes: known } = checkpoint;
  if (known === undefined) throw new CardinalError(`${source} does not say what its classes are`);
  if (known.length !== classes.length) {
    throw new CardinalError(
      `${source} was trained on ${known.length} classes, but the data has ${classes.length}: use the data it was trained on`,
    );
  }
  const other = known.findIndex((name, index) => name !== classes[index]);
  if (other >= 0) {
    throw new CardinalError(
      `${source} was trained on other classes: class ${other} is '${known[other]}' there and '${classes[other]}' in the data`,
    );
  }
}

/** Throws a `CardinalError` unless the run behind the checkpoint had these parameters frozen and no others. */
export function requireSameFrozen(
  training: Pick<TrainingState, 'frozen'>,
  frozen: readonly string[],
  source: string,
): void {
  checkKind('requireSameFrozen', 'the state of training', training, record);
  checkKind('requireSameFrozen', 'the frozen parameters', frozen, texts);
  const known = training.frozen ?? [];
  const thawed = known.find((name) => !frozen.includes(name));
  if (thawed !== undefined) {
    throw new CardinalError(
      `${source} had '${thawed}' frozen, here it is trained: freeze the ${known.length} parameters that the run froze`,
    );
  }
  const added = frozen.find((name) => !known.includes(name));
  if (added !== undefined) {
    throw new CardinalError(
      `${source} trained '${added}', here it is frozen: freeze ${known.length === 0 ? 'nothing, as the run did' : `only the ${known.length} parameters that the run froze`}`,
    );
  }
}

/** Throws a `CardinalError` that begins with `what` and names the first tensor that is missing, unexpected or mis-shaped. */
export function requireSameTensors(given: StateDict, expected: StateDict, what: string): void {
  for (const [name, tensor] of expected) {
    const found = given.get(name);
    if (found === undefined) throw new CardinalError(`${what}: tensor '${name}' is missing`);
    if (!sameShape(found, tensor)) {
      throw new CardinalError(`${what}: tensor '${name}' is ${sizes(found)}, expected ${sizes(tensor)}`);
    }
  }
  for (const name of given.keys()) {
    if (!expected.has(name))
      throw new CardinalError(`${what}: tensor '${name}' belongs to no part of the model`);
  }
}

function sameShape(a: TensorData, b: TensorData): boolean {
  return (
    a.dtype === b.dtype &&
    a.shape.length === b.shape.length &&
    a.shape.every((size, axis) => size === b.shape[axis])
  );
}

function sizes({ shape, dtype }: TensorData): string {
  return `${formatShape(shape)} ${dtype}`;
}
