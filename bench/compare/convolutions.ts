import { CardinalError } from '../../src/base/errors.ts';
import type { NodeOf } from '../../src/graph/node.ts';
import { formatShape } from '../../src/graph/value.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/trace.ts';
import type { Layer } from './layer.ts';

/**
 * The distinct convolutions of a network of the registry on an input N×C×H×W, in the order in which it first does them, each
 * under the path of the module that is first (`layer1.0.conv2`), with how often there is one.
 */
export function convolutionsOf(model: string, input: readonly [number, number, number, number]): Layer[] {
  const layers = new Map<string, Layer>();
  for (const node of trace(createModel(model), input, { training: true }).graph.nodes) {
    if (node.op !== 'conv2d') continue;
    const { name, ...shape } = layerOf(node);
    const key = JSON.stringify(shape);
    const times = (layers.get(key)?.times ?? 0) + 1;
    layers.set(key, { name: layers.get(key)?.name ?? name, ...shape, times });
  }
  return [...layers.values()];
}

function layerOf({ inputs: [x, w], attrs, scope }: NodeOf<'conv2d'>): Layer {
  const { stride, padding, dilation, groups } = attrs;
  const [batch, channels, size, width] = x.shape;
  const [out, , kernel, kernelWidth] = w.shape;
  const isSquare = size === width && kernel === kernelWidth && stride[0] === stride[1];
  const isSame = [...padding, (kernel - 1) / 2].every((pad) => pad === padding[0]);
  if (!isSquare || !isSame || dilation.some((step) => step !== 1)) {
    throw new CardinalError(
      `${scope}: expected a square convolution that pads by half of its kernel, without dilation, got ${formatShape(w.shape)} on ${formatShape(x.shape)}, padding ${padding.join('×')}, dilation ${dilation.join('×')}: the bench has no words for it`,
    );
  }
  return {
    name: scope,
    times: 1,
    batch,
    channels,
    out,
    size,
    kernel,
    stride: stride[0],
    groups,
    inputGradient: x.role !== 'input',
  };
}
