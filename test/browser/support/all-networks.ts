import type { Value } from '../../../src/graph/value.ts';
import * as nn from '../../../src/nn/index.ts';
import { smallNetwork } from './small-networks.ts';
import { findRecipe, type Recipe } from '../../../src/train/recipe.ts';

/** Narrow or short networks of four families after ResNeXt, and one of the papers with a part that came later. */
export const lineage = {
  mobilenet: { name: 'mobilenetv3_small_100', options: { widthMultiplier: 0.25 } },
  efficientnet: { name: 'efficientnet_b0', options: { widthMultiplier: 0.25, depthMultiplier: 0.3 } },
  convnext: { name: 'convnext_atto', options: { layers: [1, 1, 1, 1], widthMultiplier: 0.25 } },
  seresnext: {
    name: 'resnext',
    options: { layers: [1, 1, 1, 1], cardinality: 2, baseWidth: 16, planes: 8, attention: 'se' },
  },
} as const;
export type LineageName = keyof typeof lineage;

/** A network of one's own whose depthwise 5×5 have kernels that the small scripts lack. */
export class OwnDepthwise extends nn.Module {
  static override readonly typeName = 'OwnDepthwise';
  stem = new nn.Conv2d(3, 32, 3, { stride: 2, padding: 1, bias: false });
  bn = new nn.BatchNorm2d(32);
  spread = new nn.Conv2d(32, 32, 5, { padding: 2, groups: 32 });
  fc = new nn.Linear(32, 3);

  override forward(x: Value): Value {
    const features = nn.F.relu(this.spread(nn.F.relu(this.bn(this.stem(x)))));
    return this.fc(nn.F.flatten(nn.F.adaptiveAvgPool2d(features, 1)));
  }
}

const weightDecay = 0.01;
const optimizers = {
  rmsprop: { kind: 'rmsprop', learningRate: 0.002, weightDecay },
  lamb: { kind: 'lamb', learningRate: 0.01, weightDecay },
  lion: { kind: 'lion', learningRate: 0.0005, weightDecay },
} as const;

/** The quick recipe with an optimiser that came later. */
export function recipeWith(kind: keyof typeof optimizers): Recipe {
  // What is left out has defaults, which whoever takes a recipe fills in.
  return { ...findRecipe('quick'), optimizer: optimizers[kind] } as Recipe;
}

/** Three steps. */
export const options = { epochs: 1, batchSize: 16, seed: 5, augment: 'flip', imageSize: 32 } as const;

/** What is trained in pages and in Node. */
export const trainings = {
  // With what the small script knows: the shape of a convolution alone tells.
  own: { model: () => new OwnDepthwise().initialize(4), given: options },
  mobilenet: {
    model: lineage.mobilenet,
    given: { ...options, recipe: recipeWith('rmsprop'), augment: 'rand' },
  },
  convnext: { model: lineage.convnext, given: { ...options, recipe: recipeWith('lamb'), loss: 'focal' } },
  lion: { model: smallNetwork, given: { ...options, imageSize: 16, recipe: recipeWith('lion') } },
} as const;
export type TrainingName = keyof typeof trainings;

/** All weights of a network, behind one another. */
export function weightsOf(model: nn.Module): Float32Array<ArrayBuffer> {
  const all = [...model.stateDict().values()].flatMap(({ data }) =>
    data instanceof Float32Array ? [data] : [],
  );
  const joined = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const one of all) {
    joined.set(one, at);
    at += one.length;
  }
  return joined;
}
