import { UsageError } from '../base/errors.ts';
import { sizeOf } from '../base/shape.ts';
import type { Shape } from '../graph/value.ts';
import { createModel, modelInfo, type GivenOptions } from '../models/registry.ts';
import { sizes } from '../nn/arguments.ts';
import { trace, type Module } from '../nn/index.ts';
import { checkModule } from '../nn/module.ts';
import { costOf } from './cost.ts';

/** A network's parameters, MACs and activations for one picture. */
export interface ModelCount {
  readonly params: number;
  /** Multiply–accumulates of a weight for one picture of `inputShape`. */
  readonly macs: number;
  /** Elements of the outputs of convolutions and linear layers, for one picture. */
  readonly activations: number;
  /** C×H×W. */
  readonly inputShape: Shape;
}

/** Counts a network for one picture without allocating its weights; a named one at its own picture size by default. */
export function countModel(model: string, inputShape?: Shape, options?: GivenOptions): ModelCount;
export function countModel(model: Module, inputShape: Shape): ModelCount;
export function countModel(model: string | Module, pictures?: Shape, options: GivenOptions = {}): ModelCount {
  const module = typeof model === 'string' ? createModel(model, options) : model;
  checkModule('countModel', 'the network', module);
  const inputShape =
    pictures ?? (typeof model === 'string' ? modelInfo(model, options).inputShape : undefined);
  if (inputShape === undefined) {
    throw new UsageError(
      'countModel: expected the shape of a picture, [C, H, W], behind a network that is not named, got none',
    );
  }
  sizes('countModel', 'the shape of a picture', inputShape, 'C×H×W');
  const { macs, activations } = costOf(trace(module, [1, ...inputShape], { training: false }).graph);
  const params = module.parameters().reduce((total, { shape }) => total + sizeOf(shape), 0);
  return { params, macs, activations, inputShape };
}
