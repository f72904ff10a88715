import type { ModelOptions } from 'cardinal-nn';

interface Common {
  readonly option: keyof ModelOptions;
  readonly label: string;
  /** What it does, in a sentence. */
  readonly about: string;
}

/** A slider: over these values, or over whole or broken numbers from `least` to `most`. */
export interface Slider extends Common {
  readonly kind: 'slider';
  readonly values: readonly number[];
}

export interface Select extends Common {
  readonly kind: 'choice';
  readonly choices: readonly (readonly [value: string, label: string])[];
}

export interface Switch extends Common {
  readonly kind: 'switch';
}

/** Blocks of each stage. */
export interface Stages extends Common {
  readonly kind: 'stages';
}

export type Control = Slider | Select | Switch | Stages;

/** The controls in their order; a network has those whose option it has. */
export const controls: readonly Control[] = [
  {
    ...{ kind: 'stages', option: 'layers', label: 'Depth' },
    about: 'Blocks of each stage. Each block of three convolutions adds three layers.',
  },
  {
    ...{ kind: 'slider', option: 'cardinality', label: 'Cardinality C', values: powers(1, 128) },
    about: 'How many paths a block has: the groups of its 3×3 convolution.',
  },
  {
    ...{ kind: 'slider', option: 'baseWidth', label: 'Width d', values: range(1, 128) },
    about: 'Channels of each path in the first stage; every further stage doubles them.',
  },
  {
    ...{ kind: 'slider', option: 'planes', label: 'Planes', values: range(8, 128, 8) },
    about: 'Channels of the stem; blocks of the first stage give four times as many.',
  },
  {
    ...{ kind: 'slider', option: 'widthMultiplier', label: 'Width multiplier', values: range(0.25, 2, 0.25) },
    about: 'Every number of channels is so many times that of the paper.',
  },
  {
    ...{ kind: 'slider', option: 'depthMultiplier', label: 'Depth multiplier', values: range(0.25, 3, 0.25) },
    about: 'Every stage has so many times the blocks of the paper, rounded up.',
  },
  {
    ...{ kind: 'choice', option: 'block', label: 'Block' },
    choices: [
      ['basic', 'basic: two 3×3'],
      ['bottleneck', 'bottleneck: 1×1, 3×3, 1×1'],
    ],
    about: 'What a stage repeats.',
  },
  {
    ...{ kind: 'choice', option: 'form', label: 'Form' },
    choices: [
      ['a', '(a) separate paths, added up'],
      ['b', '(b) paths, concatenated early'],
      ['c', '(c) one grouped convolution'],
    ],
    about: "How the block of the paper's Figure 3 is built. All three compute the same.",
  },
  {
    ...{ kind: 'switch', option: 'depthwise', label: 'Depthwise' },
    about: 'Groups of one channel: the limit of cardinality.',
  },
  {
    ...{ kind: 'choice', option: 'shortcut', label: 'Shortcuts' },
    choices: [
      ['A', 'A: no parameters, zeros for new channels'],
      ['B', 'B: a projection where the shape changes'],
      ['C', 'C: projections everywhere'],
      ['none', 'none'],
    ],
    about: 'How the input of a block reaches its output.',
  },
  {
    ...{ kind: 'switch', option: 'residual', label: 'With shortcuts' },
    about: "Off leaves out every shortcut, as in the paper's ablation.",
  },
  {
    ...{ kind: 'choice', option: 'attention', label: 'Attention' },
    choices: [
      ['none', 'none'],
      ['se', 'squeeze and excitation'],
      ['eca', 'efficient channel attention'],
      ['sk', 'selective kernels'],
      ['gc', 'global context'],
      ['bat', 'bilinear (pictures of a multiple of 256)'],
    ],
    about: 'What weighs channels or places at the end of a block.',
  },
  {
    ...{ kind: 'slider', option: 'reduction', label: 'Attention reduction', values: powers(1, 64) },
    about: 'Attention has so many times fewer channels inside than outside.',
  },
  {
    ...{ kind: 'choice', option: 'stem', label: 'Stem' },
    choices: [
      ['imagenet', '7×7 with stride 2, for photographs'],
      ['cifar', '3×3, for pictures of 32×32'],
      ['deep', 'three 3×3'],
      ['deep_tiered', 'three 3×3 that widen'],
    ],
    about: 'The layers before the first block.',
  },
  {
    ...{ kind: 'slider', option: 'stemMultiplier', label: 'Stem width', values: range(1, 4) },
    about: 'The stem has so many times the planes.',
  },
  {
    ...{ kind: 'switch', option: 'avgDown', label: 'Average before projections' },
    about: 'Projections with a stride average 2×2 pixels first, so that they see all of them.',
  },
  {
    ...{ kind: 'choice', option: 'antialias', label: 'Anti-aliasing' },
    choices: [
      ['none', 'none'],
      ['avg', 'average of 2×2'],
      ['blur', 'blur'],
    ],
    about: 'What stands for the strides of convolutions.',
  },
  {
    ...{ kind: 'choice', option: 'activation', label: 'Activation' },
    choices: (['relu', 'relu6', 'silu', 'hardswish', 'gelu', 'leaky_relu'] as const).map((name) => [
      name,
      name,
    ]),
    about: 'The function behind each batch norm.',
  },
  {
    ...{ kind: 'slider', option: 'dropPath', label: 'Drop path', values: range(0, 0.5, 0.05) },
    about: 'How often training leaves out the last block; earlier ones less.',
  },
  {
    ...{ kind: 'slider', option: 'dropout', label: 'Dropout', values: range(0, 0.9, 0.1) },
    about: 'How often training leaves out a feature before the classifier.',
  },
  {
    ...{ kind: 'switch', option: 'zeroInitResidual', label: 'Blocks begin as the identity' },
    about: 'The last batch norm of each block begins with γ = 0.',
  },
  {
    ...{
      kind: 'slider',
      option: 'numClasses',
      label: 'Classes',
      values: [2, 5, 10, 20, 50, 100, 200, 500, 1000],
    },
    about: 'What the classifier tells apart.',
  },
  {
    ...{ kind: 'slider', option: 'inChannels', label: 'Channels of a picture', values: [1, 3] },
    about: '3 for colour, 1 for grey.',
  },
];

/** What most visitors look for; the others are folded away. */
export const main: ReadonlySet<string> = new Set([
  ...['layers', 'cardinality', 'baseWidth', 'planes', 'block', 'form', 'depthwise', 'shortcut', 'attention'],
  ...['widthMultiplier', 'depthMultiplier'],
]);

function powers(least: number, most: number): number[] {
  const values: number[] = [];
  for (let value = least; value <= most; value *= 2) values.push(value);
  return values;
}

function range(least: number, most: number, step = 1): number[] {
  const count = Math.round((most - least) / step) + 1;
  // Steps of 0.05 do not add up to what one would write.
  return Array.from({ length: count }, (_, index) => Number((least + index * step).toFixed(2)));
}
