import type { Node, NodeOf } from '../graph/node.ts';
import type { OpName } from '../graph/op-table.ts';

/** Names of ops for people, where they differ from the op's own. */
const names: Partial<Record<OpName, string>> = {
  batch_norm: 'batch norm',
  batch_norm_inference: 'batch norm',
  relu: 'ReLU',
  add: 'addition',
  max_pool2d: 'max pooling',
  avg_pool2d: 'average pooling',
  adaptive_max_pool2d: 'adaptive max pooling',
  adaptive_avg_pool2d: 'adaptive average pooling',
  pad2d: 'padding',
  concat: 'concatenation',
  slice_channels: 'slicing of channels',
  pad_channels: 'padding of channels',
  subsample: 'subsampling',
};

/** The kind of work that a node is: "3×3 grouped convolution", "1×1 convolution on a shortcut", "batch norm". */
export function kindOf(node: Node): string {
  return node.op === 'conv2d' ? kindOfConvolution(node) : (names[node.op] ?? node.op.replaceAll('_', ' '));
}

/** Projections are known by their module's name, which is PyTorch's (`downsample`) or He's word (`shortcut`). */
function kindOfConvolution({ attrs, inputs, scope }: NodeOf<'conv2d'>): string {
  const [x, w] = inputs;
  const { groups } = attrs;
  const kernel = w.shape.slice(2).join('×');
  const sort = groups === 1 ? '' : groups === x.shape[1] ? 'depthwise ' : 'grouped ';
  const place = /(^|\.)(downsample|shortcut)(\.|$)/.test(scope) ? ' on a shortcut' : '';
  return `${kernel} ${sort}convolution${place}`;
}
