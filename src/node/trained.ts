import { CardinalError, UsageError } from '../base/errors.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { JsonObject } from '../base/validate.ts';
import { jsonObject, validate } from '../base/validate.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { createModel, listModels, modelInfo } from '../models/registry.ts';
import { Module } from '../nn/module.ts';
import { readFile } from './files.ts';
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

export interface LoadOptions {
  /** The registry's name of what bare weights are of; or the network itself, if it is not the registry's. */
  readonly model?: string | Module | undefined;
  /** Options of the named model; those that bare weights tell by their shapes may be left out. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Loads a checkpoint, or bare weights if `model` says of what. Throws a `CardinalError` if the file is damaged or of
 * another network than `model`.
 */
export async function loadTrained(
  path: string,
  { model: given, options = {} }: LoadOptions = {},
): Promise<Trained> {
  const file = parseWeights(await readFile(path), path);
  const { checkpoint } = file;
  const kept = { classes: checkpoint?.classes, preprocessing: checkpoint?.preprocessing };
  if (given instanceof Module) {
    loadInto(given, file.state, path);
    const name = given.displayName ?? given.typeName;
    const channels = kept.preprocessing?.channels ?? (firstChannels(file.state) === 1 ? 1 : 3);
    return { model: given, description: checkpoint?.model ?? { name, options: {} }, channels, ...kept };
  }
  if (checkpoint === undefined && given === undefined) {
    throw new UsageError(`${path} holds bare weights: say what network they are of with --model`);
  }
  if (checkpoint !== undefined) requireSame(path, checkpoint.model, given, options);
  const description = checkpoint?.model ?? describe(given ?? '', options, file.state);
  const model = createModel(description.name, description.options);
  loadInto(model, file.state, path);
  const { inChannels } = modelInfo(description.name, description.options).options;
  return { model, description, channels: inChannels === 1 ? 1 : 3, ...kept };
}

function loadInto(model: Module, state: StateDict, path: string): void {
  try {
    model.loadStateDict(state);
  } catch (error) {
    throw error instanceof CardinalError ? new CardinalError(`${path}: ${error.message}`) : error;
  }
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
  if (!listModels().includes(name)) {
    throw new CardinalError(
      `${path} is a checkpoint of ${name}, a network that is not in the registry: load it in a program that defines it, with loadClassifier(path, { model })`,
    );
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
  const inChannels = firstChannels(state);
  const numClasses = shapes.findLast((shape) => shape.length === 2)?.[0];
  const found: JsonObject = {
    ...(inChannels === undefined ? {} : { inChannels }),
    ...(numClasses === undefined ? {} : { numClasses }),
  };
  return { name, options: { ...found, ...validate(jsonObject, set, '--set') } };
}

/** Input channels of the first convolution. */
function firstChannels(state: StateDict): number | undefined {
  return [...state.values()].find(({ shape }) => shape.length === 4)?.shape[1];
}
