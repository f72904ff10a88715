import { macsOf } from '../graph/dispatch.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node, NodeOf } from '../graph/node.ts';
import type { OpName } from '../graph/op-table.ts';
import { sizeOf } from '../base/shape.ts';

/**
 * One way to count a network's cost. "FLOPs" of one network are quoted differently because tools count different things:
 * ResNeXt-50 32×4d has 4.23 G by its weights alone and 4.29 G by THOP.
 */
export interface Convention {
  readonly id:
    | 'weights'
    | 'ptflops-aten'
    | 'torchinfo'
    | 'fvcore'
    | 'thop-0.0'
    | 'ptflops'
    | 'ptflops-0.7.6'
    | 'thop'
    | 'flops';
  /** What is counted, in words. */
  readonly counts: string;
  /** Who counts so. */
  readonly usedBy: string;
  /** For the batch the graph was traced with. */
  readonly value: number;
}

/** The network by every convention, from the fewest things counted to the most; `weights` is this library's. */
export function conventionsOf(graph: Graph): readonly Convention[] {
  const macs = sum(graph, macsOf);
  const norms = sum(graph, (node) => (isNorm(node) ? outputSize(node) : 0));
  const of = (...ops: readonly OpName[]): number =>
    sum(graph, (node) => (ops.includes(node.op) ? outputSize(node) : 0));
  const [layerNorms, groupNorms] = [of('layer_norm'), of('group_norm')];
  const pooled = sum(graph, (node) => (isPool(node) ? inputSize(node) : 0));
  // ptflops knows no hard-swish, sigmoid or hard-sigmoid, nor products.
  const ptflops =
    macs + 2 * (norms + groupNorms) + of('relu', 'relu6', 'leaky_relu', 'gelu', 'gelu_tanh') + pooled;
  // From 0.7.1 on it counts functions as well as layers, and nn.ReLU calls F.relu. nn.ReLU6 calls F.hardtanh, which it does not know;
  // sums written as + are no function. SiLU and softmax are functions alone. It looks for `affine`, which nn.LayerNorm calls otherwise.
  const functions = of('relu', 'gelu', 'gelu_tanh', 'silu', 'softmax') + pooled + layerNorms;
  return [
    {
      id: 'weights',
      counts: 'multiply–accumulates of a weight (MACs)',
      usedBy: "Cardinal, the papers, torchvision's metadata",
      value: macs,
    },
    {
      id: 'ptflops-aten',
      counts: 'with biases',
      usedBy: 'ptflops 0.7.3 and later with backend=aten',
      value: macs + biases(graph) + sum(graph, blurs),
    },
    {
      id: 'torchinfo',
      counts: 'with biases; the parameters of a batch norm once per picture',
      usedBy: "torchinfo's mult-adds",
      value: multAddsOf(graph),
    },
    {
      id: 'fvcore',
      counts:
        'with 2 for each element of a batch norm, 5 of a layer or group norm, 1 that is averaged over the picture',
      usedBy: "fvcore; timm's tables",
      value:
        macs +
        2 * norms +
        5 * (layerNorms + groupNorms) +
        sum(graph, averagedOverPicture) +
        sum(graph, blurs),
    },
    {
      id: 'thop-0.0',
      counts: 'with 2 for each element of a batch norm, and means',
      usedBy: 'THOP 0.0',
      value: macs + 2 * norms + of('leaky_relu') + sum(graph, meansByWindow),
    },
    {
      id: 'ptflops',
      counts: 'with 2 for each element of a batch norm, 1 of ReLU, GELU, pooling, bias',
      usedBy: 'ptflops up to 0.7.0, MMPretrain',
      value: ptflops + biases(graph, 'call'),
    },
    {
      id: 'ptflops-0.7.6',
      counts: 'the same, with ReLU, GELU and pooling twice, SiLU and layer norm once',
      usedBy: 'ptflops 0.7.1 to 0.7.6',
      value: ptflops + biases(graph) + functions,
    },
    {
      id: 'thop',
      counts: 'with 4 for each element of a batch or layer norm, and means',
      usedBy: 'THOP 0.1 (pytorch-OpCounter)',
      value: macs + 4 * (norms + layerNorms) + sum(graph, meansByOutput) + sum(graph, softmaxes),
    },
    {
      id: 'flops',
      counts: 'two for each MAC: a multiplication and an addition',
      usedBy: 'whoever means FLOPs by FLOPs',
      value: 2 * macs,
    },
  ];
}

/**
 * torchinfo 1.8's mult-adds: the weights and biases of a convolution once per output pixel, those of any other layer once
 * per picture. torchinfo knows a convolution by its class's name; here the op decides. Parameters with other names, as the γ of a layer
 * scale, count nothing there.
 */
export function multAddsOf(graph: Graph): number {
  const norms = sum(graph, (node) =>
    isNorm(node) || otherNorms.includes(node.op) ? node.inputs[0].shape[0] * 2 * node.inputs[1].shape[0] : 0,
  );
  // ConvNeXt's layers are linear ones of a picture's pixels.
  const pixels = sum(graph, (node) =>
    isOfPixels(node) ? macsOf(node) - pictures(node) * sizeOf(node.inputs[1].shape) : 0,
  );
  return sum(graph, macsOf) - pixels + biases(graph, 'picture') + norms;
}

/** An addition for each output of a convolution or a linear layer that has a bias; of a linear layer of pixels, also as tools have it. */
function biases(graph: Graph, ofPixels: 'pixel' | 'picture' | 'call' = 'pixel'): number {
  return sum(graph, (node) => {
    if ((node.op !== 'conv2d' && node.op !== 'linear') || !node.attrs.bias) return 0;
    if (ofPixels === 'pixel' || !isOfPixels(node)) return outputSize(node);
    return node.outputs[0].shape[1] * (ofPixels === 'call' ? 1 : pictures(node));
  });
}

/** A linear layer that works on each pixel: a 1×1 convolution whose weight is K×C. */
function isOfPixels(node: Node): boolean {
  return node.op === 'conv2d' && node.inputs[1].role === 'computed';
}

function pictures({ inputs }: Node): number {
  return inputs[0].shape[0];
}

/** fvcore: what goes into an adaptive average; of means over axes, as gates of channels have them, it counts nothing. */
function averagedOverPicture(node: Node): number {
  return node.op === 'adaptive_avg_pool2d' || (node.op === 'avg_pool2d' && node.attrs.adaptive === true)
    ? inputSize(node)
    : 0;
}

/** Blur-pool, which PyTorch does as a convolution with a filter that is no parameter. */
function blurs(node: Node): number {
  return node.op === 'blur_pool2d' ? outputSize(node) * node.attrs.filterSize ** 2 : 0;
}

/** THOP 0.1: an exponential, a sum and a division for each element, one addition less in each row. */
function softmaxes(node: Node): number {
  if (node.op !== 'softmax') return 0;
  const size = outputSize(node);
  return 3 * size - size / node.inputs[0].shape[node.attrs.dim];
}

/** THOP 0.0: the additions of a window and one division, for each output. */
function meansByWindow(node: Node): number {
  return isMean(node) ? (windowSize(node) + 1) * outputSize(node) : 0;
}

/** THOP 0.1: 1 for each output of an average pool; of an adaptive one the additions of its windows and one division. */
function meansByOutput(node: Node): number {
  if (!isMean(node)) return 0;
  const adaptive = node.op === 'adaptive_avg_pool2d' || node.attrs.adaptive !== undefined;
  return adaptive ? meansByWindow(node) : outputSize(node);
}

function sum(graph: Graph, count: (node: Node) => number): number {
  return graph.nodes.reduce((total, node) => total + count(node), 0);
}

function outputSize({ outputs }: Node): number {
  return sizeOf(outputs[0].shape);
}

function inputSize({ inputs }: Node): number {
  return sizeOf(inputs[0].shape);
}

const otherNorms: readonly OpName[] = ['layer_norm', 'group_norm', 'global_response_norm'];

function isNorm({ op }: Node): boolean {
  return op === 'batch_norm' || op === 'batch_norm_inference';
}

function isPool({ op }: Node): boolean {
  return op.endsWith('_pool2d');
}

function isMean(node: Node): node is NodeOf<'avg_pool2d'> | NodeOf<'adaptive_avg_pool2d'> {
  return node.op === 'avg_pool2d' || node.op === 'adaptive_avg_pool2d';
}

/** Elements of a window. THOP takes H/P and W/Q, rounded down, where windows differ in size. */
function windowSize(node: NodeOf<'avg_pool2d'> | NodeOf<'adaptive_avg_pool2d'>): number {
  if (node.op === 'avg_pool2d') return sizeOf(node.attrs.kernelSize);
  const [, , h, w] = node.inputs[0].shape;
  const [p, q] = node.attrs.outputSize;
  return Math.floor(h / p) * Math.floor(w / q);
}
