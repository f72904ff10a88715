import sharp from 'sharp';
import { createReferenceBackend } from '../../../src/backends/reference/backend.ts';
import { f32 } from '../../../src/base/tensor-data.ts';
import type { Preprocessing } from '../../../src/data/preprocessing.ts';
import {
  AdaptiveAvgPool2d,
  Conv2d,
  Flatten,
  Linear,
  ReLU,
  Sequential,
  type Module,
} from '../../../src/nn/index.ts';
import { classifierOf } from '../../../src/node/classifier.ts';

export const classes = ['red', 'green', 'blue'];

export const preprocessing: Preprocessing = {
  channels: 3,
  size: [4, 4],
  resize: 4,
  interpolation: 'bilinear',
  mean: [0, 0, 0],
  std: [1, 1, 1],
};

/** A picture's logits are `scale` times the mean of each of its colours, so that every answer can be worked out by hand. */
export function colourNetwork(scale = 10): Module {
  const model = new Sequential(
    new Conv2d(3, 3, 1, { bias: false }),
    new ReLU(),
    new AdaptiveAvgPool2d(1),
    new Flatten(),
    new Linear(3, 3),
  );
  const identity = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  const scaled = identity.map((value) => scale * value);
  model.loadStateDict(
    new Map([
      ['0.weight', f32([3, 3, 1, 1], identity)],
      ['4.weight', f32([3, 3], scaled)],
      ['4.bias', f32([3], new Float32Array(3))],
    ]),
  );
  return model;
}

export function colourClassifier(): ReturnType<typeof classifierOf> {
  return classifierOf(
    { model: colourNetwork(), description: { name: 'colours', options: {} }, classes },
    { backend: createReferenceBackend(), preprocessing },
  );
}

export type Colour = readonly [number, number, number];
export const red: Colour = [200, 60, 20];
export const green: Colour = [60, 180, 90];

/** A picture file of one colour. */
export function plain([r, g, b]: Colour, width = 12, height = 8): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();
}

/** The softmax of what the network makes of a colour, best first. */
export function predictionsOf(colour: Colour): { class: string; label: number; probability: number }[] {
  const weights = colour.map((value) => Math.exp((10 * value) / 255));
  const sum = weights.reduce((a, b) => a + b);
  return weights
    .map((weight, label) => ({ class: classes[label], label, probability: weight / sum }))
    .sort((a, b) => b.probability - a.probability);
}
