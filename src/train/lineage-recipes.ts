/** The recipes with which networks after ResNeXt were published, for ImageNet; docs/recipes.md says what each is for. */
export function lineageRecipes<T>(parse: (recipe: unknown) => T): Readonly<Record<LineageRecipeName, T>> {
  return {
    mobilenet: parse(mobilenet),
    efficientnet: parse(efficientnet),
    convnext: parse(convnext),
    'resnet-a1': parse(resnetA1),
    'resnet-a2': parse(resnetA2),
    'resnet-a3': parse(resnetA3),
  };
}
type LineageRecipeName = 'mobilenet' | 'efficientnet' | 'convnext' | 'resnet-a1' | 'resnet-a2' | 'resnet-a3';

const crops = { crop: { kind: 'random-resized' }, flip: 0.5 };
/** Published averages were of this decay. With the warm-up that TensorFlow has, a short run can use them, too. */
const ema = { decay: 0.9999 };

/**
 * MobileNetV3-Large at 75.8 %, as timm's training script has it (documentation, "Training Examples"): 2 × 512 pictures, RMSProp as
 * TensorFlow's, rate times 0.973 every 2.4 epochs from the beginning on, three epochs of warm-up from 1e-6. Without its noise on learning
 * rates of the last epochs. The paper (Howard et al. 2019, section 6.1.1) has RMSProp, weight decay 1e-5 and the average as well.
 */
const mobilenet = {
  name: 'mobilenet',
  epochs: 600,
  batchSize: 1024,
  optimizer: { kind: 'rmsprop', learningRate: 0.064, weightDecay: 1e-5, decayNorms: false },
  schedule: {
    ...{ kind: 'step', every: 2.4, gamma: 0.973, per: 'epoch' },
    warmUp: { epochs: 3, from: 1e-6 / 0.064, within: true },
  },
  labelSmoothing: 0.1,
  ema,
  dropPath: 0.2,
  augmentation: {
    ...crops,
    interpolation: 'random',
    policy: { kind: 'rand', magnitude: 9, std: 0.5 },
    erase: { probability: 0.2 },
  },
};

/**
 * EfficientNet-B0 (Tan and Le 2019, section 5.2, and its program's defaults): batch 4096, RMSProp with decay and momentum 0.9, rate 0.256
 * times 0.97 every 2.4 epochs from the beginning on, five epochs of warm-up from 0, weight decay 1e-5, AutoAugment, stochastic depth 0.2.
 */
const efficientnet = {
  name: 'efficientnet',
  epochs: 350,
  batchSize: 4096,
  optimizer: { kind: 'rmsprop', learningRate: 0.256, weightDecay: 1e-5, decayNorms: false },
  schedule: {
    ...{ kind: 'step', every: 2.4, gamma: 0.97, per: 'step' },
    warmUp: { epochs: 5, from: 0, within: true },
  },
  labelSmoothing: 0.1,
  ema,
  dropPath: 0.2,
  augmentation: { ...crops, interpolation: 'bicubic', policy: { kind: 'auto' } },
};

/**
 * ConvNeXt-T (Liu et al. 2022, table 5, and its program): AdamW 4e-3, weight decay 0.05 but on norms and biases, batch 4096, 20 epochs of
 * warm-up from 0, then a cosine to 1e-6 at every step. Stochastic depth is 0.1 for T; S, B and L had 0.4 and 0.5.
 */
const convnext = {
  name: 'convnext',
  epochs: 300,
  batchSize: 4096,
  optimizer: { kind: 'adamw', learningRate: 4e-3, weightDecay: 0.05, decayNorms: false },
  schedule: { kind: 'cosine', floor: 1e-6, per: 'step', warmUp: { epochs: 20, from: 0 } },
  labelSmoothing: 0.1,
  ema,
  dropPath: 0.1,
  mix: { mixup: 0.8, cutmix: 1 },
  augmentation: {
    ...crops,
    interpolation: 'bicubic',
    policy: { kind: 'rand', magnitude: 9, std: 0.5, increasing: true },
    erase: { probability: 0.25 },
  },
};

/**
 * "ResNet strikes back" (Wightman et al. 2021), table 2, in common: LAMB, binary cross-entropy, batch 2048, five epochs of warm-up, a cosine.
 * From the program come what the table leaves out: gradients clipped to norm 1 (timm's LAMB does so), no decay of norms and biases, both
 * ends of the cosine, by the epoch from the beginning on, and the threshold of targets.
 */
const strikesBack = (name: string, learningRate: number, weightDecay: number, magnitude: number) => ({
  name,
  batchSize: 2048,
  optimizer: { kind: 'lamb', learningRate, weightDecay, decayNorms: false },
  schedule: {
    ...{ kind: 'cosine', floor: 1e-6, per: 'epoch' },
    warmUp: { epochs: 5, from: 1e-4 / learningRate, within: true },
  },
  clipNorm: 1,
  loss: { kind: 'bce', targetThreshold: 0.2 },
  augmentation: {
    ...crops,
    interpolation: 'random',
    policy: { kind: 'rand', magnitude, std: 0.5, increasing: true },
  },
});
const regularised = { dropPath: 0.05, repeats: 3 };

/** 80.4 % with ResNet-50: the longest. */
const resnetA1 = {
  ...strikesBack('resnet-a1', 5e-3, 0.01, 7),
  ...regularised,
  epochs: 600,
  labelSmoothing: 0.1,
  mix: { mixup: 0.2, cutmix: 1 },
};
/** 79.8 % in half the epochs. */
const resnetA2 = {
  ...strikesBack('resnet-a2', 5e-3, 0.02, 7),
  ...regularised,
  epochs: 300,
  mix: { mixup: 0.1, cutmix: 1 },
};
/** 78.1 % in 100 epochs of smaller pictures: trained at 160, tested at 224. */
const resnetA3 = {
  ...strikesBack('resnet-a3', 8e-3, 0.02, 6),
  epochs: 100,
  trainScale: 160 / 224,
  mix: { mixup: 0.1, cutmix: 1 },
};
