import { macsOf } from './dispatch.ts';
import type { Graph } from './graph.ts';
import type { Node, NodeOf } from './node.ts';
import { summarize } from './summary.ts';
import { sizeOf, type Value } from './value.ts';

/**
 * One way to count a network's cost. "FLOPs" of one network are quoted differently because tools count different things:
 * ResNeXt-50 32×4d has 4.23 G by its weights alone and 4.29 G by THOP.
 */
export interface Convention {
  readonly id: 'weights' | 'torchinfo' | 'thop-0.0' | 'ptflops' | 'thop' | 'flops';
  /** What is counted, in words. */
  readonly counts: string;
  /** Who counts so. */
  readonly usedBy: string;
  /** For the batch the graph was traced with. */
  readonly value: number;
}

/** The network by every convention, from the fewest things counted to the most; `weights` is this library's. */
export function conventionsOf(graph: Graph, input: Value): readonly Convention[] {
  const macs = sum(graph, macsOf);
  const norms = sum(graph, (node) => (isNorm(node) ? outputSize(node) : 0));
  // THOP: the additions of a window and one division.
  const means = sum(graph, (node) => (isMean(node) ? (windowSize(node) + 1) * outputSize(node) : 0));
  const pooled = sum(graph, (node) => (isPool(node) ? sizeOf(node.inputs[0].shape) : 0));
  const rectified = sum(graph, (node) => (node.op === 'relu' ? outputSize(node) : 0));
  const convolutionBiases = sum(graph, (node) =>
    node.op === 'conv2d' && node.attrs.bias ? outputSize(node) : 0,
  );
  const linearBiases = sum(graph, (node) => (node.op === 'linear' && node.attrs.bias ? outputSize(node) : 0));
  return [
    {
      id: 'weights',
      counts: 'multiply–accumulates of a weight (MACs)',
      usedBy: "Cardinal, the papers, torchvision's metadata",
      value: macs,
    },
    {
      id: 'torchinfo',
      counts: 'with biases; the parameters of a batch norm once per picture',
      usedBy: "torchinfo's mult-adds",
      value: summarize(graph, input).multAdds,
    },
    {
      id: 'thop-0.0',
      counts: 'with 2 for each element of a batch norm, and means',
      usedBy: "THOP 0.0; timm's tables",
      value: macs + 2 * norms + means,
    },
    {
      id: 'ptflops',
      counts: 'with 2 for each element of a batch norm, 1 of ReLU, pooling, bias',
      usedBy: 'ptflops, MMPretrain',
      value: macs + 2 * norms + rectified + pooled + convolutionBiases + linearBiases,
    },
    {
      id: 'thop',
      counts: 'with 4 for each element of a batch norm, and means',
      usedBy: 'THOP 0.1 (pytorch-OpCounter)',
      value: macs + 4 * norms + means,
    },
    {
      id: 'flops',
      counts: 'two for each MAC: a multiplication and an addition',
      usedBy: 'whoever means FLOPs by FLOPs',
      value: 2 * macs,
    },
  ];
}

function sum(graph: Graph, count: (node: Node) => number): number {
  return graph.nodes.reduce((total, node) => total + count(node), 0);
}

function outputSize({ outputs }: Node): number {
  return sizeOf(outputs[0].shape);
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
