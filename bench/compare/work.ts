import { z } from 'zod/mini';
import { modelInfo } from '../../src/models/registry.ts';
import { milestones } from '../lineage/networks.ts';
import { convolutionsOf } from './convolutions.ts';
import { layerSchema, passes, passSchema, type Layer } from './layer.ts';

/** What contenders do, in the same words for all: passed to their processes as JSON. */
export const workSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['forward', 'training']),
    id: z.string(),
    title: z.string(),
    /** Name in the registry. */
    model: z.string(),
    /** N×C×H×W. */
    input: z.tuple([z.int(), z.int(), z.int(), z.int()]),
    /** So often a round runs it, and takes the mean; 1 where nothing is said. */
    repeats: z.optional(z.int()),
  }),
  z.object({
    /** `layers` times all of them as one, each as often as its network has it; `shapes` times every pass of each. */
    kind: z.enum(['layers', 'shapes']),
    id: z.string(),
    title: z.string(),
    layers: z.array(layerSchema),
    passes: z.array(passSchema),
    /** Weights change between runs. In inference they stay, and what is made of them alone is made once, before. */
    training: z.boolean(),
  }),
]);
export type Work = z.infer<typeof workSchema>;
export type LayerWork = Extract<Work, { layers: unknown }>;
export type NetworkWork = Exclude<Work, LayerWork>;

/** The pieces of a work on layers that are compared, and of `shapes` timed, in the order in which contenders tell of them. */
export function partsOf({ layers, passes }: LayerWork): { layer: Layer; pass: (typeof passes)[number] }[] {
  return layers.flatMap((layer) =>
    passes.filter((pass) => pass !== 'input' || layer.inputGradient).map((pass) => ({ layer, pass })),
  );
}

/** How often one run does the work. */
export function repeatsOfRun(work: Work): number {
  return 'repeats' in work ? (work.repeats ?? 1) : 1;
}

type Input = NetworkWork['input'];

/** The depthwise convolutions of MobileNetV1 (Howard et al. 2017, Table 1), which the registry does not have. */
const depthwise = (
  [
    [1, 32, 112, 1],
    [1, 64, 112, 2],
    [1, 128, 56, 1],
    [1, 128, 56, 2],
    [1, 256, 28, 1],
    [1, 256, 28, 2],
    [5, 512, 14, 1],
    [1, 512, 14, 2],
    [1, 1024, 7, 1],
  ] as const
).map(([times, channels, size, stride]): Layer => ({
  name: `${channels} at ${size}${stride === 1 ? '' : `, stride ${stride}`}`,
  ...{
    times,
    batch: 8,
    channels,
    out: channels,
    size,
    kernel: 3,
    stride,
    groups: channels,
    inputGradient: true,
  },
}));

/** A suite: what it is for, and its works, each made when it is wanted. */
export interface Suite {
  readonly summary: string;
  readonly works: readonly (() => Work)[];
}

const resnext50 = (batch: number): readonly [string, Input] => ['resnext50_32x4d', [batch, 3, 224, 224]];
const resnext29 = (batch: number): readonly [string, Input] => ['resnext29_32x4d_cifar', [batch, 3, 32, 32]];

function whole(
  kind: NetworkWork['kind'],
  id: string,
  title: string,
  [model, input]: readonly [string, Input],
) {
  return (): Work => ({ kind, id, title, model, input });
}

/** Networks that came after ResNeXt, by timm's names: two forward passes and a training step of each. */
const families = [
  ['mobilenetv3_large_100', 'MobileNetV3 large'],
  ['efficientnet_b0', 'EfficientNet-B0'],
  ['regnety_008', 'RegNetY-800MF'],
  ['convnext_tiny', 'ConvNeXt-T'],
  ['seresnext50_32x4d', 'SE-ResNeXt-50 32×4d'],
] as const;

function familyWorks([model, title]: (typeof families)[number]): (() => Work)[] {
  const made = (kind: NetworkWork['kind'], batch: number, what: string, repeats: number) => (): Work => ({
    ...{ kind, id: `${model}-${kind}-${batch}`, title: `${title} ${what}, 224², batch ${batch}`, model },
    ...{ input: [batch, 3, 224, 224], repeats },
  });
  return [
    made('forward', 1, 'forward', 8),
    made('forward', 8, 'forward', 2),
    made('training', 8, 'training step', 1),
  ];
}

function sum(id: string, title: string, layers: () => Layer[]) {
  return (): Work => ({
    kind: 'layers',
    id,
    title: `${title}, batch 8, forward and both gradients`,
    layers: layers(),
    passes: [...passes],
    training: true,
  });
}

function shapes(
  id: string,
  title: string,
  [model, input]: readonly [string, Input],
  use: 'inference' | 'training',
) {
  const training = use === 'training';
  return (): Work => ({
    kind: 'shapes',
    id,
    title: `${title}, ${use}`,
    layers: convolutionsOf(model, input),
    passes: training ? [...passes] : ['forward'],
    training,
  });
}

/** Suites by name. */
export const suites: Readonly<Record<string, Suite>> = {
  inference: {
    summary: 'ResNeXt-50 forward, 224², batch 1 and 8',
    works: [
      whole('forward', 'resnext50-forward-1', 'ResNeXt-50 32×4d forward, 224², batch 1', resnext50(1)),
      whole('forward', 'resnext50-forward-8', 'ResNeXt-50 32×4d forward, 224², batch 8', resnext50(8)),
    ],
  },
  training: {
    summary: 'training steps of ResNeXt-50, 224², batch 8, and ResNeXt-29, 32², batch 32',
    works: [
      whole(
        'training',
        'resnext50-training-8',
        'ResNeXt-50 32×4d training step, 224², batch 8',
        resnext50(8),
      ),
      whole(
        'training',
        'resnext29-training-32',
        'ResNeXt-29 32×4d training step, 32², batch 32',
        resnext29(32),
      ),
    ],
  },
  families: {
    summary: 'networks after ResNeXt: forward at batch 1 and 8, and training steps of batch 8, 224²',
    works: families.flatMap(familyWorks),
  },
  scaling: {
    summary:
      'one rank of one thread against two of them, and PyTorch with DistributedDataParallel; then four on this machine',
    works: [
      whole('training', 'resnext50-rank-4', 'ResNeXt-50 32×4d, 224², 4 pictures a rank', resnext50(4)),
      whole('training', 'resnext29-rank-32', 'ResNeXt-29 32×4d, 32², 32 pictures a rank', resnext29(32)),
    ],
  },
  serving: {
    summary:
      'servers under 1, 8 and 32 clients and 10 times what they can do, and the library without one; onnxruntime-node behind fastify',
    works: [
      whole('forward', 'serving-resnext50', 'ResNeXt-50 32×4d, 224²', resnext50(1)),
      whole('forward', 'serving-resnext29', 'ResNeXt-29 32×4d, 32²', resnext29(1)),
    ],
  },
  layers: {
    summary: 'sums of the grouped layers of ResNeXt-50 and of the depthwise ones of MobileNetV1, batch 8',
    works: [
      sum('grouped-8', 'the 16 grouped 3×3 layers of ResNeXt-50', () =>
        convolutionsOf(...resnext50(8)).filter(({ groups }) => groups > 1),
      ),
      sum('depthwise-8', "MobileNetV1's depthwise 3×3 layers", () => depthwise),
    ],
  },
  browser: {
    summary: 'pages of Chromium and Firefox: forward at batch 1, and training steps',
    works: [
      whole('forward', 'page-resnext50-1', 'ResNeXt-50 32×4d forward, 224², batch 1', resnext50(1)),
      whole('forward', 'page-resnet18-1', 'ResNet-18 forward, 224², batch 1', ['resnet18', [1, 3, 224, 224]]),
      whole('forward', 'page-mobilenet-1', 'MobileNetV1 forward, 224², batch 1', [
        'mobilenetv1_100',
        [1, 3, 224, 224],
      ]),
      whole('forward', 'page-resnext29-1', 'ResNeXt-29 32×4d forward, 32², batch 1', resnext29(1)),
      whole('training', 'page-resnet20-32', 'ResNet-20 training step, 32², batch 32', [
        'resnet20_cifar',
        [32, 3, 32, 32],
      ]),
      whole('training', 'page-resnext29-32', 'ResNeXt-29 32×4d training step, 32², batch 32', resnext29(32)),
    ],
  },
  lineage: {
    summary: 'this library alone: the networks of docs/lineage.md forward, batch 1',
    works: milestones.map(({ network, idea }) =>
      whole('forward', network, `${network}: ${idea}`, [network, [1, ...modelInfo(network).inputShape]]),
    ),
  },
  shapes: {
    summary: 'every convolution shape of ResNeXt-50 and ResNeXt-29, beside what the machine could do',
    works: [
      shapes('resnext50-1', 'ResNeXt-50 32×4d, 224², batch 1', resnext50(1), 'inference'),
      shapes('resnext50-8', 'ResNeXt-50 32×4d, 224², batch 8', resnext50(8), 'training'),
      shapes('resnext29-32', 'ResNeXt-29 32×4d, 32², batch 32', resnext29(32), 'training'),
    ],
  },
};
