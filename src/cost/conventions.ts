import { macsOf } from '../graph/dispatch.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node, NodeOf } from '../graph/node.ts';
import { sizeOf } from '../base/shape.ts';

/**
 * One way to count a network's cost. "FLOPs" of one network are quoted differently because tools count different things:
 * ResNeXt-50 32×4d has 4.23 G by its weights alone and 4.29 G by THOP.
 */
export interface Convention {
  readonly id:
    'weights' | 'ptflops-aten' | 'torchinfo' | 'thop-0.0' | 'ptflops' | 'ptflops-0.7.6' | 'thop' | 'flops';
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
  const rectified = sum(graph, (node) => (node.op === 'relu' ? outputSize(node) : 0));
  const rectified6 = sum(graph, (node) => (node.op === 'relu6' ? outputSize(node) : 0));
  const pooled = sum(graph, (node) => (isPool(node) ? inputSize(node) : 0));
  // From 0.7.1 on ptflops counts functions as well as layers, and nn.ReLU calls F.relu. nn.ReLU6 calls F.hardtanh, which it does
  // not know; sums written as + are no function.
  const ptflops = macs + biases(graph) + 2 * norms + rectified + rectified6 + pooled;
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
      value: macs + biases(graph),
    },
    {
      id: 'torchinfo',
      counts: 'with biases; the parameters of a batch norm once per picture',
      usedBy: "torchinfo's mult-adds",
      value: multAddsOf(graph),
    },
    {
      id: 'thop-0.0',
      counts: 'with 2 for each element of a batch norm, and means',
      usedBy: "THOP 0.0; timm's tables",
      value: macs + 2 * norms + sum(graph, meansByWindow),
    },
    {
      id: 'ptflops',
      counts: 'with 2 for each element of a batch norm, 1 of ReLU, pooling, bias',
      usedBy: 'ptflops up to 0.7.0, MMPretrain',
      value: ptflops,
    },
    {
      id: 'ptflops-0.7.6',
      counts: 'the same, with ReLU and pooling twice',
      usedBy: 'ptflops 0.7.1 to 0.7.6',
      value: ptflops + rectified + pooled,
    },
    {
      id: 'thop',
      counts: 'with 4 for each element of a batch norm, and means',
      usedBy: 'THOP 0.1 (pytorch-OpCounter)',
      value: macs + 4 * norms + sum(graph, meansByOutput),
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
 * per picture. torchinfo knows a convolution by its class's name; here the op decides.
 */
export function multAddsOf(graph: Graph): number {
  const norms = sum(graph, (node) =>
    isNorm(node) ? node.inputs[0].shape[0] * 2 * node.inputs[1].shape[0] : 0,
  );
  return sum(graph, macsOf) + biases(graph) + norms;
}

/** An addition for each output of a convolution or a linear layer that has a bias. */
function biases(graph: Graph): number {
  return sum(graph, (node) =>
    (node.op === 'conv2d' || node.op === 'linear') && node.attrs.bias ? outputSize(node) : 0,
  );
}

/** THOP 0.0: the additions of a window and one division, for each output. */
function meansByWindow(node: Node): number {
  return isMean(node) ? (windowSize(node) + 1) * outputSize(node) : 0;
}

/** THOP 0.1: 1 for each output of an average pool; of an adaptive one the additions of its windows and one division. */
function meansByOutput(node: Node): number {
  if (!isMean(node)) return 0;
  const adaptive = node.op === 'adaptive_avg_pool2d' || node.attrs.adaptive === true;
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
