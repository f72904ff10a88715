import { Rng } from '../../src/base/rng.ts';
import { f32, type StateDict, type TensorData } from '../../src/base/tensor-data.ts';
import { sizeOf } from '../../src/graph/value.ts';
import { Module } from '../../src/nn/index.ts';

/**
 * Fills a network with numbers under which every part matters: weights that keep the scale, norms and running statistics
 * far from the fresh 1 and 0.
 */
export function fill(model: Module, seed: number): Module {
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
