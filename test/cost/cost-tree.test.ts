import { describe, expect, it } from 'vitest';
import { costTree, type CostNode } from '../../src/cost/cost-tree.ts';
import { costSummary, summary } from '../../src/cost/summary.ts';
import { createModel, listModels, modelInfo } from '../../src/models/index.ts';

const inputSize = [1, 3, 64, 64];
const all = (node: CostNode): CostNode[] => [node, ...node.children.flatMap(all)];
const at = (tree: CostNode, path: string) => all(tree).filter((node) => node.path === path);

describe('a network as a tree of costs', () => {
  it.each(
    [
      ...['resnet18', 'resnext50_32x4d.review', 'seresnext50_32x4d', 'skresnet18', 'cspresnext50'],
      ...['efficientnet_b0', 'mobilenetv3_small_100', 'shufflenet_v2_x0_5', 'convnext_atto', 'xception41'],
    ].filter((name) => listModels(name).length > 0),
  )("has the summary's numbers in every module: %s", (name) => {
    const model = createModel(name);
    const tree = costTree(model, { inputSize });
    const listing = summary(model, { inputSize, depth: Infinity });
    const { layers, total } = costSummary(model, { inputSize, depth: Infinity });
    expect(tree.parameters).toBe(total.parameters);
    expect(tree.macs).toBe(total.macs);
    expect(tree.bytes).toBe(total.bytes);
    for (const { path, params, outputShape, recursive } of listing.rows) {
      if (recursive || outputShape === undefined) continue;
      const node = at(tree, path).at(0);
      // Whoever passes on what it is given does nothing.
      if (node === undefined && params === 0) continue;
      expect([path, node?.outputShape, node?.parameters]).toEqual([path, outputShape, params]);
    }
    for (const { path, macs } of layers.filter((layer) => layer.macs > 0)) {
      const leaves = at(tree, path).filter(({ children }) => children.length === 0);
      expect([path, leaves.reduce((sum, leaf) => sum + leaf.macs, 0)]).toEqual([path, macs]);
    }
  });

  it('gives to each part the sum of its parts', () => {
    for (const node of all(costTree(createModel('resnext50_32x4d'), { inputSize }))) {
      if (node.children.length === 0) continue;
      for (const key of ['parameters', 'macs', 'activations', 'bytes'] as const) {
        expect(node.children.reduce((sum, child) => sum + child[key], 0)).toBe(node[key]);
      }
    }
  });

  it('tells where the tensors of a block come from: its shortcut from outside, and past its layers', () => {
    const tree = costTree(createModel('resnet50'), { inputSize: [1, 3, 224, 224] });
    const [first, second] = [at(tree, 'layer1.0')[0], at(tree, 'layer1.1')[0]];
    const told = ({ children }: CostNode) =>
      children.map(({ path, typeName, kinds, inputs }) => [
        typeName === undefined ? kinds.join() : path.split('.').slice(2).join('.'),
        ...inputs.map(({ from, shape }) => `${from ?? 'in'}: ${shape.slice(1).join('×')}`),
      ]);
    const layers = [
      ['bn1', '0: 64×56×56'],
      ['relu', '1: 64×56×56'],
      ['conv2', '2: 64×56×56'],
      ['bn2', '3: 64×56×56'],
      ['relu', '4: 64×56×56'],
      ['conv3', '5: 64×56×56'],
      ['bn3', '6: 256×56×56'],
    ];
    expect(told(second)).toEqual([
      ['conv1', 'in: 256×56×56'],
      ...layers,
      ['addition', '7: 256×56×56', 'in: 256×56×56'],
      ['relu', '8: 256×56×56'],
    ]);
    expect(told(first)).toEqual([
      ['conv1', 'in: 64×56×56'],
      ...layers,
      ['downsample', 'in: 64×56×56'],
      ['addition', '7: 256×56×56', '8: 256×56×56'],
      ['relu', '9: 256×56×56'],
    ]);
    expect(second.inputs).toEqual([{ from: 0, shape: [1, 256, 56, 56], bytes: 4 * 256 * 56 * 56 }]);
  });

  it('has the paths of form (a) side by side, each with the same input', () => {
    const model = createModel('resnext50_32x4d', { form: 'a' });
    const [paths] = at(costTree(model, { inputSize }), 'layer1.1.paths');
    expect(paths.children).toHaveLength(32);
    expect(new Set(paths.children.map(({ inputs }) => JSON.stringify(inputs)))).toEqual(
      new Set([JSON.stringify([{ from: undefined, shape: [1, 256, 16, 16], bytes: 4 * 256 * 16 * 16 }])]),
    );
    const { parameters, macs } = paths.children[0];
    expect(parameters).toBe(256 * 4 + 9 * 4 * 4 + 4 * 256 + 4 * 4);
    expect(macs).toBe(16 * 16 * (256 * 4 + 9 * 4 * 4 + 4 * 256));
  });

  it('reads a network of every family at its own size of pictures', () => {
    for (const name of ['inception_v4', 'regnety_002', 'resnetv2_50']) {
      const tree = costTree(createModel(name), { inputSize: [1, ...modelInfo(name).inputShape] });
      expect([name, tree.children.length > 2]).toEqual([name, true]);
    }
  });
});
