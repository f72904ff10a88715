import { costBreakdown, type CostBreakdown } from '../graph/breakdown.ts';
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

/**
 * Where a network's cost lies: MACs, their share, activations and bytes of every layer (down to `depth` levels of modules)
 * and every kind of op, and the totals by the conventions of other tools. Nothing is computed or allocated. For the batch
 * of `inputSize`, in evaluation mode.
 */
export function costSummary(model: Module, { inputSize, depth = 3 }: SummaryOptions): CostBreakdown {
  return costBreakdown(trace(model, inputSize, { training: false }), { depth });
}
