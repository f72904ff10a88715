import { expect, test } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import type { Node } from '../../src/graph/node.ts';
import type { OpName } from '../../src/graph/op-table.ts';
import { ops, type Definition } from '../../src/graph/ops/index.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/index.ts';
import { fuse } from '../../src/plan/fuse.ts';
import { fuseSums } from '../../src/plan/fuse-sums.ts';
import type { Target } from '../../src/plan/target.ts';

/** A network of bottleneck blocks: norms followed by a ReLU, by an addition and a ReLU, and by nothing. */
const network = createModel('resnext', {
  ...{ numClasses: 5, layers: [2, 1, 1, 1], cardinality: 4, baseWidth: 32, planes: 16 },
});

/** Ops after fusing for a device, and the nodes that it was asked about. */
function fusedFor(supports: Target['supports'], training: boolean): { ops: OpName[]; asked: Node[] } {
  const { graph, output } = trace(network, [2, 3, 32, 32], { training });
  const asked: Node[] = [];
  const device: Pick<Target, 'supports'> = {
    supports(node) {
      asked.push(node);
      return supports(node);
    },
  };
  const fused = fuse(graph, output, device, { foldBatchNorm: !training, differentiable: training });
  return { ops: fused.graph.nodes.map(({ op }) => op), asked };
}

const hasResidual = ({ attrs }: Node): boolean => 'residual' in attrs && attrs.residual;

test.each([true, false])('a chain ends before what the device does not take (training: %s)', (training) => {
  const { graph } = trace(network, [2, 3, 32, 32], { training });
  const whole = fusedFor(() => true, training);
  expect(whole.ops).not.toContain('add');
  expect(whole.ops).not.toContain('relu');

  const withoutSums = fusedFor((node) => !hasResidual(node), training);
  const relusAfterSums = withoutSums.ops.filter((op) => op === 'add').length;
  expect(relusAfterSums).toBe(5);
  expect(withoutSums.ops.filter((op) => op === 'relu')).toHaveLength(relusAfterSums);

  // Norms are folded into weights all the same: that takes no kernel of the device.
  const nothing = fusedFor(() => false, training);
  const left = graph.nodes.map(({ op }) => op).filter((op) => op !== 'batch_norm_inference');
  expect(nothing.ops.filter((op) => op !== 'fold_batch_norm')).toEqual(left);
});

test.each([true, false])('it is asked about nodes as the plan would hold them (training: %s)', (training) => {
  const { asked } = fusedFor(() => true, training);
  expect(asked.length).toBeGreaterThan(10);
  for (const node of asked) {
    const definition: Definition<OpName> = ops[node.op];
    const shapes = definition.infer(
      node.inputs.map(({ shape }) => shape),
      node.attrs,
    );
    expect(shapes).toEqual(node.outputs.map(({ shape }) => shape));
  }
});

test.each([
  ['1×1', 1, 1],
  ['3×3', 3, 1],
  ['grouped', 3, 4],
])('the gradient of a %s convolution takes a sum iff the device does', (_, kernel, groups) => {
  for (const supported of [true, false]) {
    const graph = new Graph();
    const padding = (kernel - 1) / 2;
    const dy = graph.input('dy', [1, 4, 6, 6]);
    const w = graph.input('w', [4, 4 / groups, kernel, kernel]);
    const other = graph.apply1('relu', [graph.input('other', [1, 4, 6, 6])], {});
    const dx = graph.apply1('conv2d_backward_input', [dy, w], {
      ...{ stride: [1, 1], padding: [padding, padding], dilation: [1, 1], groups },
      ...{ inputSize: [6, 6], residual: false },
    });
    const sum = graph.apply1('add', [other, dx], { activation: 'none' });
    const { nodes } = fuseSums(graph.nodes, [sum], { supports: () => supported });
    expect(nodes.some(hasResidual)).toBe(supported);
    expect(nodes.some(({ op }) => op === 'add')).toBe(!supported);
  }
});
