import { isActivation } from '../../graph/activation.ts';
import type { Node, NodeOf } from '../../graph/node.ts';
import { isMatmul } from '../../graph/ops/conv2d.ts';
import type { Pair } from '../../graph/op-table.ts';
import { formatShape, type Value } from '../../graph/value.ts';
import { channelwise, type Aggregation } from './aggregations.ts';

/** The layers of a block with paths, as the ResNeXt paper's Figure 3 writes them. */
export interface BlockLayers {
  /** Channels that the first of its layers reads. */
  readonly inputWidth: number;
  /** d, channels of each path. */
  readonly width: number;
  readonly outputWidth: number;
  /** Of the convolution in the middle. */
  readonly kernel: Pair;
  /** Whether 1×1 convolutions make the paths' channels of the input; else the paths are the input's own channels. */
  readonly isReduced: boolean;
  /** Whether what the paths add up to is added to something. */
  readonly hasShortcut: boolean;
}

/** Reads off a traced network what layers a block with paths has. */
export function blockLayersOf(
  { paths, middle, sum, block }: Aggregation,
  nodes: readonly Node[],
): BlockLayers {
  const first = firstOf(middle, nodes);
  const isReduced = first?.scope.startsWith(`${block}.`) ?? false;
  const [{ length }] = paths;
  const [, , height, width] = middle.inputs[1].shape;
  return {
    inputWidth: (isReduced ? first : middle)?.inputs[0].shape[1] ?? 1,
    width: length,
    outputWidth: sum.shape[1],
    kernel: [height, width],
    ...{ isReduced, hasShortcut: isAddedTo(sum, nodes) },
  };
}

/** The dense 1×1 convolution whose channels a convolution reads, each by itself. */
function firstOf(middle: NodeOf<'conv2d'>, nodes: readonly Node[]): NodeOf<'conv2d'> | undefined {
  let [value]: readonly Value[] = middle.inputs;
  for (;;) {
    const node = nodes.find(({ outputs }) => outputs.includes(value));
    if (node?.op === 'conv2d') return isMatmul(node.attrs, node.inputs[1].shape) ? node : undefined;
    if (node === undefined || !isEachByItself(node)) return undefined;
    [value] = node.inputs;
  }
}

/** Whether a value, through what computes each channel by itself and through gates, ends in a sum and nowhere else. */
function isAddedTo(sum: Value, nodes: readonly Node[]): boolean {
  let value = sum;
  for (;;) {
    const users = nodes.filter(({ inputs }) => inputs.includes(value));
    // What other layers read as well is the block's output: it is the next block's shortcut.
    if (users.length === 1 && users[0].op === 'add') return true;
    const next = users.find((node) => {
      const isOn = users.length === 1 ? isEachByItself(node) || node.op === 'mul' : node.op === 'mul';
      return isOn && formatShape(node.outputs[0].shape) === formatShape(value.shape);
    });
    if (next === undefined) return false;
    [value] = next.outputs;
  }
}

function isEachByItself({ op }: Node): boolean {
  return channelwise.has(op) || isActivation(op);
}
