import type { TensorEntry } from './archive.ts';
import type { Described } from './described-tensor.ts';
import type { NameMap } from './name-map.ts';

/** What torchvision calls the modules of mobile networks that are named as in timm here, and back. */

/** A module's name there and here; `*` stands for the same number in both. */
type Pair = readonly [theirs: string, ours: string];

const expandAndFilter: readonly Pair[] = [
  ['0.0', 'conv_pw'],
  ['0.1', 'bn1'],
  ['1.0', 'conv_dw'],
  ['1.1', 'bn2'],
];
const filterAlone: readonly Pair[] = [
  ['0.0', 'conv_dw'],
  ['0.1', 'bn1'],
];

/** An inverted residual, or without expansion a separable convolution; its parts stand in a list without names. */
function residual({ expands = true, squeezes = false }): Pair[] {
  const [begin, project, norm] = expands
    ? ([expandAndFilter, 'conv_pwl', 'bn3'] as const)
    : ([filterAlone, 'conv_pw', 'bn2'] as const);
  const next = expands ? 2 : 1;
  const squeeze: Pair[] = [
    [`${next}.fc1`, 'se.conv_reduce'],
    [`${next}.fc2`, 'se.conv_expand'],
  ];
  const last = squeezes ? next + 1 : next;
  return [...begin, ...(squeezes ? squeeze : []), [`${last}.0`, project], [`${last}.1`, norm]];
}

/** MobileNetV2's ends in a convolution and a norm that are not a pair. */
const v2Separable: readonly Pair[] = [...filterAlone, ['1', 'conv_pw'], ['2', 'bn2']];
const v2Residual: readonly Pair[] = [...expandAndFilter, ['2', 'conv_pwl'], ['3', 'bn3']];

/** MNASNet's lists activations, too. */
const mnasResidual: readonly Pair[] = [
  ['0', 'conv_pw'],
  ['1', 'bn1'],
  ['3', 'conv_dw'],
  ['4', 'bn2'],
  ['6', 'conv_pwl'],
  ['7', 'bn3'],
];
const fused: readonly Pair[] = [
  ['0.0', 'conv_exp'],
  ['0.1', 'bn1'],
  ['1.0', 'conv_pwl'],
  ['1.1', 'bn2'],
];
const dense: readonly Pair[] = [
  ['0.0', 'conv'],
  ['0.1', 'bn1'],
];

function within(theirs: string, ours: string, modules: readonly Pair[]): Pair[] {
  return modules.map(([their, our]): Pair => [`${theirs}.${their}`, `${ours}.${our}`]);
}

/** Blocks that are counted through the whole network there, from `features.1`, and within each stage here. */
function counted(
  inner: string,
  layers: readonly number[],
  modulesOf: (stage: number) => readonly Pair[],
): Pair[] {
  let index = 0;
  return layers.flatMap((count, stage) =>
    Array.from({ length: count }, (_, block) =>
      within(`features.${++index}.${inner}`, `blocks.${stage}.${block}`, modulesOf(stage)),
    ).flat(),
  );
}

/** Blocks are counted within a stage there as here, but from 0. */
const regnetBlock: readonly Pair[] = [
  ['f.a.0', 'conv1.conv'],
  ['f.a.1', 'conv1.bn'],
  ['f.b.0', 'conv2.conv'],
  ['f.b.1', 'conv2.bn'],
  ['f.se', 'se'],
  ['f.c.0', 'conv3.conv'],
  ['f.c.1', 'conv3.bn'],
  ['proj.0', 'downsample.conv'],
  ['proj.1', 'downsample.bn'],
];

/** A norm and a convolution. */
const halves: readonly Pair[] = [
  ['0', '0'],
  ['1', '1'],
];

/** No stage of a published RegNet has more. */
const mostBlocks = 20;

const stem: readonly Pair[] = [
  ['features.0.0', 'conv_stem'],
  ['features.0.1', 'bn1'],
];

function head(features: number): Pair[] {
  return [
    [`features.${features}.0`, 'conv_head'],
    [`features.${features}.1`, 'bn2'],
    ['classifier.1', 'classifier'],
  ];
}

function mobilenetv3(layers: readonly number[], squeezing: readonly number[]): Pair[] {
  const last = layers.reduce((sum, count) => sum + count, 1);
  return [
    ...stem,
    ...counted('block', layers, (stage) =>
      residual({ expands: stage > 0, squeezes: squeezing.includes(stage) }),
    ),
    [`features.${last}.0`, `blocks.${layers.length}.0.conv`],
    [`features.${last}.1`, `blocks.${layers.length}.0.bn1`],
    // In this order, or what was renamed would be once more.
    ['classifier.3', 'classifier'],
    ['classifier.0', 'conv_head'],
  ];
}

/** A block stands in a list without names, but for the factors of its channels. */
const convnextBlock: readonly Pair[] = [
  ['layer_scale', 'gamma'],
  ['block.0', 'conv_dw'],
  ['block.2', 'norm'],
  ['block.3', 'mlp.fc1'],
  ['block.5', 'mlp.fc2'],
];

/** Stages and what halves the picture between them take turns. */
const convnextPairs: readonly Pair[] = [
  ['features.0.0', 'stem.0'],
  ['features.0.1', 'stem.1'],
  ...[0, 1, 2, 3].flatMap((stage) => [
    ...within(`features.${2 * stage + 1}.*`, `stages.${stage}.blocks.*`, convnextBlock),
    ...(stage === 0 ? [] : within(`features.${2 * stage}`, `stages.${stage}.downsample`, halves)),
  ]),
  ['classifier.0', 'head.norm'],
  ['classifier.2', 'head.fc'],
];

const squeezed = residual({ squeezes: true });

export const torchvisionMaps: readonly NameMap[] = [
  mapOf('mobilenetv2', 'mobilenetv2.py', '^mobilenetv2_\\d+$', [
    ...stem,
    ...counted('conv', [1, 2, 3, 4, 3, 3, 1], (stage) => (stage === 0 ? v2Separable : v2Residual)),
    ...head(18),
  ]),
  mapOf(
    'mobilenetv3-large',
    'mobilenetv3.py',
    '^mobilenet_v3_large$',
    mobilenetv3([1, 2, 3, 4, 2, 3], [2, 4, 5]),
  ),
  mapOf(
    'mobilenetv3-small',
    'mobilenetv3.py',
    '^mobilenet_v3_small$',
    mobilenetv3([1, 2, 3, 2, 3], [0, 2, 3, 4]),
  ),
  mapOf('efficientnet', 'efficientnet.py', '^efficientnet_b', [
    ...stem,
    ...within('features.1.*.block', 'blocks.0.*', residual({ expands: false, squeezes: true })),
    ...[1, 2, 3, 4, 5, 6].flatMap((stage) =>
      within(`features.${stage + 1}.*.block`, `blocks.${stage}.*`, squeezed),
    ),
    ...head(8),
  ]),
  mapOf('efficientnetv2', 'efficientnet.py', '^efficientnet_v2_s$', [
    ...stem,
    ...[dense, fused, fused, squeezed, squeezed, squeezed].flatMap((modules, stage) =>
      within(`features.${stage + 1}.*.block`, `blocks.${stage}.*`, modules),
    ),
    ...head(7),
  ]),
  mapOf('mnasnet', 'mnasnet.py', '^mnasnet(_\\d|1_3$)', [
    ['layers.0', 'conv_stem'],
    ['layers.1', 'bn1'],
    ['layers.3', 'blocks.0.0.conv_dw'],
    ['layers.4', 'blocks.0.0.bn1'],
    ['layers.6', 'blocks.0.0.conv_pw'],
    ['layers.7', 'blocks.0.0.bn2'],
    ...[1, 2, 3, 4, 5, 6].flatMap((stage) =>
      within(`layers.${stage + 7}.*.layers`, `blocks.${stage}.*`, mnasResidual),
    ),
    ['layers.14', 'conv_head'],
    ['layers.15', 'bn2'],
    ['classifier.1', 'classifier'],
  ]),
  mapOf(
    'regnet',
    'regnet.py',
    '^regnet[xy]_',
    [
      ['stem.0', 'stem.conv'],
      ['stem.1', 'stem.bn'],
      ...[1, 2, 3, 4].flatMap((stage) =>
        Array.from({ length: mostBlocks }, (_, block) =>
          within(`trunk_output.block${stage}.block${stage}-${block}`, `s${stage}.b${block + 1}`, regnetBlock),
        ).flat(),
      ),
      ['fc', 'head.fc'],
    ],
    '^trunk_output\\.',
  ),
  {
    ...mapOf(
      'convnext',
      'convnext.py',
      '^convnext_(tiny|small|base|large)$',
      convnextPairs,
      '^features\\.\\d+\\.\\d+\\.layer_scale$',
    ),
    // Factors of channels are C×1×1 there, to be spread over a picture.
    adapt: (name, tensor) =>
      name.endsWith('.layer_scale') && /^\d+,1,1$/.test(tensor.shape.join())
        ? reshaped(tensor, tensor.shape.slice(0, 1))
        : tensor,
    adaptBack: (name, tensor) =>
      name.endsWith('.gamma') ? reshaped(tensor, [...tensor.shape, 1, 1]) : tensor,
  },
];

/** A tensor with the same elements in another shape; its numbers, where it has any, are read as before. */
function reshaped<T extends Described | TensorEntry>(tensor: T, shape: readonly number[]): T {
  if (!('read' in tensor)) return { ...tensor, shape };
  const { dtype } = tensor;
  const entry: TensorEntry = { dtype, shape, read: async () => ({ ...(await tensor.read()), shape }) };
  return entry as T;
}

function mapOf(
  id: string,
  file: string,
  networks: string,
  pairs: readonly Pair[],
  marker = '^(features\\.0\\.0|layers\\.0)\\.',
): NameMap {
  return {
    id: `torchvision-${id}`,
    origin: `pytorch/vision, ${file}`,
    marker,
    substitutions: pairs.map(([theirs, ours]) => substitution(theirs, ours)),
    networks,
    back: pairs.map(([theirs, ours]) => substitution(ours, theirs)),
  };
}

function substitution(from: string, to: string): readonly [pattern: string, replacement: string] {
  const escaped = from.replaceAll('.', '\\.').replace('*', '(\\d+)');
  return [`^${escaped}(?=\\.|$)`, to.replace('*', '$1')];
}
