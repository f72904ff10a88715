import { Rng } from '../../src/base/rng.ts';
import { f32, type StateDict, type TensorData } from '../../src/base/tensor-data.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Value } from '../../src/graph/value.ts';
import { F, Module } from '../../src/nn/index.ts';

/** A network made of one function, for ops without parameters. */
export class Formula extends Module {
  readonly #formula: (x: Value) => Value;

  constructor(formula: (x: Value) => Value) {
    super();
    this.#formula = formula;
  }

  forward(x: Value): Value {
    return this.#formula(x);
  }
}

/** N×C×H×W → N×(C·H·W): shows what a network gets to see. */
export const pixels = () => new Formula((x) => F.flatten(x));

/**
 * Fills a network with numbers under which every part matters: weights that keep the scale, norms and running statistics
 * far from the fresh 1 and 0.
 */
export function fill<T extends Module>(model: T, seed: number): T {
  const state: StateDict = new Map(
    [...model.stateDict()].map(([name, tensor]): [string, TensorData] => [
      name,
      tensor.dtype === 'I64' ? tensor : f32(tensor.shape, draw(name, tensor.shape, Rng.of(seed, name))),
    ]),
  );
  model.loadStateDict(state);
  return model;
}

/** Standard normal numbers. */
export function noise(size: number, rng: Rng): Float32Array {
  return Float32Array.from({ length: size }, () => rng.normal());
}

function draw(name: string, shape: readonly number[], rng: Rng): Float32Array {
  const numbers = noise(sizeOf(shape), rng);
  if (shape.length > 1) {
    const deviation = Math.sqrt(2 / sizeOf(shape.slice(1)));
    return numbers.map((value) => value * deviation);
  }
  if (name.endsWith('running_var')) return numbers.map((value) => 0.5 + Math.abs(value));
  return numbers.map((value) => (name.endsWith('weight') ? 0.7 : 0) + 0.2 * value);
}
