import { GELU, Hardswish, LeakyReLU, ReLU, ReLU6, SiLU, type Module } from '../../nn/index.ts';
import type { ActivationName } from '../part-options.ts';

const makers: Readonly<Record<ActivationName, () => Module>> = {
  relu: () => new ReLU({ inplace: true }),
  relu6: () => new ReLU6({ inplace: true }),
  silu: () => new SiLU({ inplace: true }),
  hardswish: () => new Hardswish({ inplace: true }),
  gelu: () => new GELU(),
  leaky_relu: () => new LeakyReLU(),
};

/** Makes a module of this activation. */
export function activationOf(name: ActivationName): () => Module {
  return makers[name];
}
