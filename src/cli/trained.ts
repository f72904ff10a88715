import { CardinalError, UsageError } from '../base/errors.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { JsonObject } from '../base/validate.ts';
import { jsonObject, validate } from '../base/validate.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { createModel, modelInfo } from '../models/registry.ts';
import { parseSet } from '../models/options.ts';
import type { Module } from '../nn/module.ts';
import { readFile } from '../node/files.ts';
import { parseWeights } from '../train/checkpoint.ts';
import type { ModelDescription } from '../train/network.ts';

/** A network with the weights of a file. */
export interface Trained {
  readonly model: Module;
  readonly description: ModelDescription;
  readonly channels: 1 | 3;
  /** What a checkpoint says of its pictures; weights from elsewhere say nothing. */
  readonly classes: readonly string[] | undefined;
  readonly preprocessing: Preprocessing | undefined;
}

/**
 * Loads a checkpoint, or bare weights if `--model` says of what. Throws a `CardinalError` if the file is damaged or of
 * another network than `--model`.
 */
export async function loadTrained(
  path: string,
  { model: named, set = [] }: { readonly model?: string; readonly set?: readonly string[] },
): Promise<Trained> {
  const file = parseWeights(await readFile(path), path);
  const { checkpoint } = file;
  const asked = parseSet(set);
  if (checkpoint === undefined && named === undefined) {
    throw new UsageError(`${path} holds bare weights: say what network they are of with --model`);
  }
  if (checkpoint !== undefined) requireSame(path, checkpoint.model, named, asked);
  const description = checkpoint?.model ?? describe(named ?? '', asked, file.state);
  const model = createModel(description.name, description.options);
  try {
    model.loadStateDict(file.state);
  } catch (error) {
    throw error instanceof CardinalError ? new CardinalError(`${path}: ${error.message}`) : error;
  }
  const { inChannels } = modelInfo(description.name, description.options).options;
  return {
    model,
    description,
    channels: inChannels === 1 ? 1 : 3,
    classes: checkpoint?.classes,
    preprocessing: checkpoint?.preprocessing,
  };
}

/** Throws a `CardinalError` if `--model` and `--set` speak of another network than the checkpoint. */
function requireSame(
  path: string,
  { name, options }: ModelDescription,
  asked: string | undefined,
  set: Readonly<Record<string, unknown>>,
): void {
  if (asked !== undefined && asked !== name) {
    throw new CardinalError(`${path} is a checkpoint of ${name}, not of ${asked}: leave --model out`);
  }
  const has: Readonly<Record<string, unknown>> = { ...modelInfo(name, options).options };
  for (const [key, value] of Object.entries(set)) {
    const [found, wanted] = [JSON.stringify(has[key]), JSON.stringify(value)];
    if (found !== wanted) {
      throw new CardinalError(
        `${path} is a checkpoint of ${name} with ${key}=${found}, not ${wanted}: leave --set out`,
      );
    }
  }
}

/** What bare weights are of: classes and channels can be read from the first and the last matrix. */
function describe(name: string, set: Readonly<Record<string, unknown>>, state: StateDict): ModelDescription {
  const shapes = [...state.values()].map(({ shape }) => shape);
  const inChannels = shapes.find((shape) => shape.length === 4)?.[1];
  const numClasses = shapes.findLast((shape) => shape.length === 2)?.[0];
  const found: JsonObject = {
    ...(inChannels === undefined ? {} : { inChannels }),
    ...(numClasses === undefined ? {} : { numClasses }),
  };
  return { name, options: { ...found, ...validate(jsonObject, set, '--set') } };
}
