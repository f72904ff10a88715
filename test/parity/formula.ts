import { mix } from '../../src/base/rng.ts';
import { sizeOf } from '../../src/base/shape.ts';
import type { Shape } from '../../src/graph/value.ts';

/** The weights and pictures of `scripts/fixtures/registry.py`: a function of a tensor's name, its shape, the index and a seed. */
export function formula(name: string, shape: Shape, seed = 0): Float32Array {
  const numbers = new Float32Array(sizeOf(shape));
  const key = Array.from(name).reduce((hash, character) => mix(hash ^ character.charCodeAt(0)), seed);
  const scaled = scaling(name, shape);
  for (let i = 0; i < numbers.length; i++) numbers[i] = scaled(mix(key + i) / 2 ** 32);
  return numbers;
}

/** Uniform in [0, 1) → He's range for kernels, around 1 for γ and variances, around 0 for the rest. */
function scaling(name: string, shape: Shape): (uniform: number) => number {
  if (name === 'input') return (uniform) => 2 * (2 * uniform - 1);
  if (shape.length === 4) {
    const bound = Math.sqrt(6 / sizeOf(shape.slice(1)));
    return (uniform) => (2 * uniform - 1) * bound;
  }
  if (shape.length === 2) return (uniform) => (2 * uniform - 1) / Math.sqrt(shape[1]);
  if (name.endsWith('running_var') || name.endsWith('weight')) return (uniform) => 0.5 + uniform;
  return (uniform) => 0.2 * (2 * uniform - 1);
}

/** The elements that the fixture keeps of a large tensor: `kept` of them, at even distances. */
export function sample(data: Float32Array, kept: number): Float32Array {
  return Float32Array.from({ length: kept }, (_, i) => data[Math.floor((i * data.length) / kept)]);
}
