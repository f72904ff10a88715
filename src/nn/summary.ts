import { summarize, type Summary } from '../graph/summary.ts';
import type { Shape } from '../graph/value.ts';
import type { Module } from './module.ts';
import { trace } from './trace.ts';

export interface SummaryOptions {
  /** N×C×H×W (or N×F). */
  readonly inputSize: Shape;
  /** Levels of modules to list below the root. */
  readonly depth?: number;
}

/**
 * What torchinfo's `summary` prints: every call of a module with its output shape and parameters, then totals. Nothing is
 * computed or allocated. Print the result, or read its fields.
 */
export function summary(model: Module, { inputSize, depth = 3 }: SummaryOptions): Summary {
  const { graph, input } = trace(model, inputSize, { training: false });
  const typeNames = new Map(model.namedModules().map(([path, { typeName }]) => [path, typeName]));
  return summarize(graph, input, { depth, typeNames });
}
