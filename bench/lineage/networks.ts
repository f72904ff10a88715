/** A network of the story, and what it brought. */
export interface Milestone {
  /** When the idea was published, on arXiv where it was there first. */
  readonly year: number;
  readonly network: string;
  readonly idea: string;
}

/** One network for each idea of `docs/lineage.md`, near ResNet-50's size where there is one, in the order of the story. */
export const milestones: readonly Milestone[] = [
  { year: 2015, network: 'resnet50', idea: 'shortcuts around blocks' },
  { year: 2016, network: 'resnetv2_50', idea: 'norm and ReLU first' },
  { year: 2016, network: 'wide_resnet50_2', idea: 'twice as wide' },
  { year: 2016, network: 'xception', idea: 'depthwise, then 1×1' },
  { year: 2016, network: 'resnext50_32x4d', idea: '32 groups' },
  { year: 2017, network: 'mobilenetv1_100', idea: 'depthwise for phones' },
  { year: 2017, network: 'seresnext50_32x4d', idea: 'squeeze and excitation' },
  { year: 2018, network: 'mobilenetv2_100', idea: 'inverted residuals' },
  { year: 2018, network: 'shufflenet_v2_x1_0', idea: 'shuffled channels' },
  { year: 2018, network: 'mnasnet_100', idea: 'found by search' },
  { year: 2018, network: 'resnet50d', idea: 'a better stem and shortcut' },
  { year: 2019, network: 'skresnext50_32x4d', idea: 'kernels to choose from' },
  { year: 2019, network: 'resnetblur50', idea: 'blur before strides' },
  { year: 2019, network: 'gcresnext50ts', idea: 'global context' },
  { year: 2019, network: 'mobilenetv3_large_100', idea: 'search, SE, hard-swish' },
  { year: 2019, network: 'efficientnet_b0', idea: 'scaled in three ways' },
  { year: 2019, network: 'ecaresnet50d', idea: 'attention by one small filter' },
  { year: 2019, network: 'cspresnext50', idea: 'half passes by' },
  { year: 2020, network: 'regnetx_032', idea: 'groups from a design space' },
  { year: 2020, network: 'regnety_032', idea: 'the same with SE' },
  { year: 2021, network: 'tf_efficientnetv2_s', idea: 'dense where it is fast' },
  { year: 2022, network: 'convnext_tiny', idea: 'depthwise 7×7, layer norm' },
];
