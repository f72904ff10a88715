import type { Value } from '../../graph/value.ts';
import { currentTracing } from '../../nn/tracing.ts';

/**
 * The mean of each channel, `x.mean((2, 3), keepdim=True)`: N×C×H×W → N×C×1×1. The numbers of `F.adaptiveAvgPool2d(x, 1)`; tools that count
 * layers do not see it (`conventions.ts`).
 */
export function channelMeans(x: Value): Value {
  const [, , h, w] = x.shape;
  return currentTracing('channelMeans').graph.apply1('avg_pool2d', [x], {
    kernelSize: [h, w],
    stride: [h, w],
    padding: [0, 0],
    ceilMode: false,
    countIncludePad: true,
    adaptive: 'mean',
  });
}
