import { CardinalError } from '../base/errors.ts';
import { inferOptions, mayBeNetwork, type Shapes } from '../models/infer.ts';
import type { ModelOptions } from '../models/options.ts';
import { createModel, listModels, type GivenOptions } from '../models/registry.ts';
import type { TensorSpec } from '../nn/state.ts';
import { checkShapes } from './arguments.ts';
import { faultsOf, matchRenamed, renamings, type Described, type Match, type Renaming } from './match.ts';

/** A network of the registry that fits the weights. */
export interface Fit {
  readonly model: string;
  /** Its options as inferred from the weights, where they are not the defaults. */
  readonly options: ModelOptions;
  /** The name map under which they fit. */
  readonly nameMap: string;
}

/**
 * Finds every network of the registry that weights fit, by names and shapes. A template that two names stand for is found
 * under both (`resnet50`, `resnet50_1x64d`); free networks (`resnext`) are found if their options can be inferred.
 */
export function fittingModels(tensors: ReadonlyMap<string, Described>): Fit[] {
  checkShapes('fittingModels', tensors);
  if (tensors.size > mostTensors) return [];
  const renamed = withShapes(tensors).filter(({ shapes }) => mayBeNetwork(shapes));
  if (renamed.length === 0) return [];
  return listModels().flatMap((model) => {
    const found = fitTo(model, renamed);
    if (found === undefined || faultsOf(found.match) > 0) return [];
    return [{ model, options: found.options, nameMap: found.match.nameMap.id }];
  });
}

/** More than any network of the registry has, of a thousand layers or of paths of their own. */
const mostTensors = 50_000;

interface Renamed extends Renaming<Described> {
  /** By the new names: what options are inferred from. */
  readonly shapes: Shapes;
}

function withShapes(tensors: ReadonlyMap<string, Described>): Renamed[] {
  return renamings(tensors).map((renaming) => ({
    ...renaming,
    shapes: new Map([...renaming.tensors].map(([name, [, { shape }]]) => [name, shape])),
  }));
}

/** The options of a named network inferred from weights; those of `set` take precedence. */
export function optionsFor(
  model: string,
  tensors: ReadonlyMap<string, Described>,
  set: GivenOptions = {},
): ModelOptions {
  if (tensors.size > mostTensors) return set;
  return fitTo(model, withShapes(tensors), set)?.options ?? set;
}

interface FitTo {
  readonly options: ModelOptions;
  readonly match: Match<Described>;
}

/** Weights held against a named network, with the options under which most of them fit. Undefined if none can be built. */
function fitTo(model: string, renamed: readonly Renamed[], set: GivenOptions = {}): FitTo | undefined {
  const specs = new Map<string, ReturnType<typeof specsOf>>();
  const found = renamed.flatMap((renaming): FitTo[] => {
    const { shortcut, ...inferred } = inferOptions(model, renaming.shapes);
    // Weights without projections are taken to have shortcuts A, unless `residual` is false.
    const options = {
      ...inferred,
      ...(shortcut === undefined || ('residual' in set && set.residual === false) ? {} : { shortcut }),
      ...set,
    };
    const key = JSON.stringify(options);
    if (!specs.has(key)) specs.set(key, specsOf(model, options));
    const expected = specs.get(key);
    return expected === undefined ? [] : [{ options, match: matchRenamed(renaming, expected) }];
  });
  return found.reduce<FitTo | undefined>(
    (best, fit) => (best === undefined || faultsOf(fit.match) < faultsOf(best.match) ? fit : best),
    undefined,
  );
}

/** A network's tensors; undefined if these options build none, as weights of something else may tell nonsense. */
function specsOf(model: string, options: GivenOptions): ReadonlyMap<string, TensorSpec> | undefined {
  try {
    return createModel(model, options).stateSpecs();
  } catch (error) {
    if (error instanceof CardinalError) return undefined;
    throw error;
  }
}
