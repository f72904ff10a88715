import { z } from 'zod';

/** A convolution as a bench times it: N×C×H×H in, K×(C/G)×R×R weights. */
const layerSchema = z.object({
  name: z.string(),
  /** How often the network has it. */
  times: z.int(),
  batch: z.int(),
  channels: z.int(),
  out: z.int(),
  size: z.int(),
  kernel: z.int(),
  stride: z.int(),
  groups: z.int(),
});
export type Layer = z.infer<typeof layerSchema>;

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
  }),
  z.object({ kind: z.literal('layers'), id: z.string(), title: z.string(), layers: z.array(layerSchema) }),
]);
export type Work = z.infer<typeof workSchema>;

const batch = 8;

function layer(
  name: string,
  times: number,
  channels: number,
  size: number,
  stride: number,
  groups: number,
): Layer {
  return { name, times, batch, channels, out: channels, size, kernel: 3, stride, groups };
}

/** The 16 grouped 3×3 convolutions of ResNeXt-50 32×4d (Table 1 of its paper). */
const grouped = [
  layer('layer1', 3, 128, 56, 1, 32),
  layer('layer2.0', 1, 256, 56, 2, 32),
  layer('layer2', 3, 256, 28, 1, 32),
  layer('layer3.0', 1, 512, 28, 2, 32),
  layer('layer3', 5, 512, 14, 1, 32),
  layer('layer4.0', 1, 1024, 14, 2, 32),
  layer('layer4', 2, 1024, 7, 1, 32),
];

/** The depthwise convolutions of MobileNetV1 (Howard et al. 2017, Table 1). */
const depthwise = [
  layer('32 at 112', 1, 32, 112, 1, 32),
  layer('64 at 112, stride 2', 1, 64, 112, 2, 64),
  layer('128 at 56', 1, 128, 56, 1, 128),
  layer('128 at 56, stride 2', 1, 128, 56, 2, 128),
  layer('256 at 28', 1, 256, 28, 1, 256),
  layer('256 at 28, stride 2', 1, 256, 28, 2, 256),
  layer('512 at 14', 5, 512, 14, 1, 512),
  layer('512 at 14, stride 2', 1, 512, 14, 2, 512),
  layer('1024 at 7', 1, 1024, 7, 1, 1024),
];

/** Suites by name. */
export const suites: Readonly<Record<string, readonly Work[]>> = {
  inference: [1, 8]
    .map((n) => ({
      kind: 'forward' as const,
      id: `resnext50-forward-${n}`,
      title: `ResNeXt-50 32×4d forward, 224², batch ${n}`,
      model: 'resnext50_32x4d',
      input: [n, 3, 224, 224] as const,
    }))
    .map((work) => workSchema.parse(work)),
  training: [
    {
      kind: 'training',
      id: 'resnext50-training-8',
      title: 'ResNeXt-50 32×4d training step, 224², batch 8',
      model: 'resnext50_32x4d',
      input: [8, 3, 224, 224],
    },
    {
      kind: 'training',
      id: 'resnext29-training-32',
      title: 'ResNeXt-29 32×4d training step, 32², batch 32',
      model: 'resnext29_32x4d_cifar',
      input: [32, 3, 32, 32],
    },
  ],
  layers: [
    {
      kind: 'layers',
      id: 'grouped-8',
      title: 'the 16 grouped 3×3 layers of ResNeXt-50, batch 8, forward and both gradients',
      layers: grouped,
    },
    {
      kind: 'layers',
      id: 'depthwise-8',
      title: "MobileNetV1's depthwise 3×3 layers, batch 8, forward and both gradients",
      layers: depthwise,
    },
  ],
};
