import { Conv2d, Linear, type Module } from '../nn/index.ts';
import * as init from '../nn/init.ts';

/**
 * How Google's programs, and timm after them, initialise mobile networks: convolutions by `initializeConvolution`, linear layers
 * U(−1/√K, 1/√K) of their K outputs, biases 0.
 */
export function initializeMobile(model: Module): void {
  for (const module of model.modules()) {
    if (module instanceof Conv2d) initializeConvolution(module);
    else if (module instanceof Linear) {
      const [outputs] = module.weight.shape;
      init.uniform_(module.weight, -1 / Math.sqrt(outputs), 1 / Math.sqrt(outputs));
    } else continue;
    if (module.bias !== undefined) init.zeros_(module.bias);
  }
}

/**
 * N(0, 2/fan_out) with the fan of one group. PyTorch's own `fan_out` would count every output of a depthwise convolution
 * as reached by each of its inputs, and begin √C too small.
 */
export function initializeConvolution({ weight, outChannels, kernelSize, groups }: Conv2d): void {
  const fanOut = (kernelSize[0] * kernelSize[1] * outChannels) / groups;
  init.normal_(weight, 0, Math.sqrt(2 / fanOut));
}
