/** Networks that one begins with, smallest first. Every other one is chosen in the room Network. */
export interface Suggestion {
  readonly label: string;
  /** What one gets, in a sentence. */
  readonly about: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export const suggestions: readonly Suggestion[] = [
  {
    label: 'Tiny ResNeXt',
    about: 'Learns in a minute or two on any computer; enough for small, simple pictures.',
    name: 'resnext_cifar',
    options: { layers: [2, 2, 2], cardinality: 8, baseWidth: 16, planes: 8 },
  },
  {
    label: 'ResNeXt-29 of the paper, 8×64d',
    about: 'The paper’s network for 32×32 pictures, 34 million weights: hours without a GPU.',
    name: 'resnext29_8x64d_cifar',
    options: {},
  },
  {
    label: 'ResNeXt-50, 32×4d',
    about:
      'The paper’s network for photos, 25 million weights: hours without a GPU, less if it begins with trained weights.',
    name: 'resnext50_32x4d',
    options: {},
  },
];
