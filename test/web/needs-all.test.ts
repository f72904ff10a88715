import { describe, expect, it } from 'vitest';
import { ops } from '../../src/graph/ops/index.ts';
import { lineageOps } from '../../src/graph/ops/lineage.ts';
import { createModel, F, listModels, nn, planInference, planTraining } from '../../src/index.ts';
import { lineageEntries } from '../../src/models/lineage-entries.ts';
import { allEntries } from '../../src/models/all-entries.ts';
import { partDefaults } from '../../src/models/part-options.ts';
import { graphsOf } from '../../src/nn/traced.ts';
import { plainTarget } from '../../src/backends/cpu.ts';
import { recipes } from '../../src/train/index.ts';
import { modelNeedsAll } from '../../src/models/needs-all.ts';
import { weightsNeedAll } from '../../src/web/page/weights-need-all.ts';
import { graphsNeedAll, planNeedsAll } from '../../src/web/page/steps-need-all.ts';
import { trainingNeedsAll } from '../../src/web/page/training-needs-all.ts';

/** Which scripts a page begins with: too many that need the complete ones cost a download, too few an answer. */
describe('a network needs the complete scripts', () => {
  const later = new Set(lineageEntries.flatMap(({ name, aliases = [] }) => [name, ...aliases]));

  it('if it came after ResNeXt, by any of its names, or is unknown', () => {
    const names = allEntries.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
    expect(names.filter((name) => modelNeedsAll(name) !== later.has(name))).toEqual([]);
    expect(modelNeedsAll('resnext50')).toBe(true);
    expect(listModels().filter((name) => !later.has(name)).length).toBeGreaterThan(40);
  });

  it('if it has parts of theirs', () => {
    for (const part of Object.keys(partDefaults)) {
      expect(modelNeedsAll('resnet50', { [part]: undefined, numClasses: 3 })).toBe(false);
      expect(modelNeedsAll('resnet50', { [part]: 'any' }), part).toBe(true);
    }
    expect(modelNeedsAll('resnet50', { stem: 'cifar' })).toBe(false);
    expect(modelNeedsAll('resnet50', { stem: 'deep' })).toBe(true);
  });

  it('if the repository of its weights is called so', () => {
    const timms = [...later].filter((name) => weightsNeedAll(`hf:timm/${name}.in1k`));
    expect(timms).toContain('mobilenetv3_large_100');
    expect(timms).toContain('seresnext50_32x4d');
    const others = ['hf:timm/resnext50_32x4d.a1_in1k', 'hf:anna/convnext_tiny', 'https://timm/convnext', 7];
    expect(others.filter(weightsNeedAll)).toEqual([]);
  });
});

describe('steps need the complete scripts', () => {
  const input = { shape: [2, 3, 32, 32], training: true };
  const optimizer = { kind: 'sgd', momentum: true, nesterov: false } as const;

  it('not of ResNets and ResNeXts', () => {
    const depthwise = { cardinality: 8, baseWidth: 32, depthwise: true, layers: [1, 1, 1, 1], planes: 32 };
    for (const network of [createModel('resnext_cifar'), createModel('resnext', depthwise)]) {
      expect(graphsNeedAll(graphsOf(network, [input]))).toBe(false);
      const traced = nn.trace(network, [2, 3, 64, 64], { training: true });
      expect(planNeedsAll(planTraining(traced, plainTarget, { name: 'net', optimizer }))).toBe(false);
    }
  });

  it('of every op that only they have', () => {
    const node = (op: string) => ({ op, attrs: {}, scope: '', inputs: [0], outputs: [1] });
    const needing = Object.keys(ops).filter((op) =>
      graphsNeedAll([{ ...input, done: { leaves: [], nodes: [node(op)], output: 1, calls: [] } } as never]),
    );
    expect(needing).toEqual(expect.arrayContaining(Object.keys(lineageOps)));
    expect(needing).toContain('silu_backward');
    expect(needing).not.toContain('conv2d');
  });

  it('where Node has other kernels for a shape, or an op ends in another activation', () => {
    const large = new nn.Sequential(new nn.Conv2d(32, 32, 5, { padding: 2, groups: 32 }));
    const shape = [1, 32, 8, 8];
    expect(graphsNeedAll(graphsOf(large, [{ shape, training: true }]))).toBe(true);
    const plan = planInference(nn.trace(large, shape, { training: false }), plainTarget, { name: 'net' });
    expect(planNeedsAll(plan)).toBe(true);
    class Hard extends nn.Module {
      conv = new nn.Conv2d(32, 32, 3);
      forward(x: Parameters<typeof F.hardsigmoid>[0]) {
        return F.hardsigmoid(this.conv(x));
      }
    }
    const fused = planInference(nn.trace(new Hard(), shape, { training: false }), plainTarget, {
      name: 'net',
    });
    expect(planNeedsAll(fused)).toBe(true);
    const refused = { shape, training: true, done: { error: 'it does not fit' } };
    expect(graphsNeedAll([refused])).toBe(false);
  });
});

describe('a training needs the complete scripts', () => {
  const resnet = { name: 'resnet18' };

  it('not for what the small ones train with', () => {
    for (const recipe of ['imagenet', 'cifar', 'quick', recipes.imagenet, recipes.quick]) {
      const given = { recipe, epochs: 2, augment: 'flip', loss: 'cross-entropy', seed: 1 } as const;
      expect(trainingNeedsAll(resnet, given)).toBe(false);
    }
    expect(trainingNeedsAll(createModel('resnet18'), { freeze: ['layer1'] })).toBe(false);
  });

  it.each([
    { recipe: 'resnet-a1' },
    { recipe: 'unknown' },
    { recipe: { ...recipes.quick, layerDecay: 0.8 } },
    { recipe: { ...recipes.quick, augmentation: recipes.convnext.augmentation } },
    { learningRateScale: [['layer1', 0.1]] },
    { recipe: { ...recipes.quick, optimizer: { kind: 'lion', learningRate: 1, weightDecay: 0 } } },
    { augment: 'rand' },
    { augmentation: { erase: 0.1 } },
    { learningRateScale: { layer1: 0.1 } },
    { unfreezeAt: 2 },
    { loss: 'bce' },
    { auxiliary: { aux: 0.4 } },
    { recipe: { ...recipes.quick, auxiliary: { aux: 0.4 } } },
    { freeze: ['backbone'] },
    { something: 'new' },
    { weights: 'hf:timm/convnext_tiny.in12k' },
  ])('for %j', (given) => {
    expect(trainingNeedsAll(resnet, given as never)).toBe(true);
  });

  it('for its network', () => {
    expect(trainingNeedsAll({ name: 'convnext_atto' }, {})).toBe(true);
    expect(trainingNeedsAll(createModel('resnext_cifar', { attention: 'se' }), {})).toBe(true);
  });
});
