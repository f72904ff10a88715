import { CardinalError, UsageError } from '../base/errors.ts';
import type { Module } from '../nn/index.ts';
import type { ModelEntry } from './entry.ts';
import { requireBuildable, type ModelOptions } from './options.ts';

/**
 * Builds a network of the registry with options that are checked. Weights are drawn when they are first needed. Throws a
 * `UsageError` for options that exclude each other.
 */
export function buildModel(entry: ModelEntry, checked: ModelOptions): Module {
  const options = { ...entry.defaults, ...checked };
  requireBuildable(entry.name, options);
  try {
    const model = entry.build(options);
    model.displayName = entry.name;
    return model.initialize(0);
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof CardinalError)) throw error;
    throw new UsageError(`${entry.name}: ${error.message}`);
  }
}
