import { f32 } from '../../src/base/tensor-data.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import { tinyRecipe } from './tiny-training.ts';

/** A checkpoint of a run that did `step` steps, with numbers that `step` decides; its last epoch was the best. */
export function checkpointAt(step: number, changes: Partial<Checkpoint['training']> = {}): Checkpoint {
  const numbers = (count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(step + i));
  return {
    model: { name: 'tiny', options: {} },
    input: [2, 4, 4],
    classes: ['a', 'b'],
    state: new Map([
      ['conv.weight', f32([16, 4], numbers(64))],
      ['fc.weight', f32([64, 2], numbers(128))],
    ]),
    trained: { epochs: step / 10, steps: step },
    recipe: tinyRecipe(),
    training: {
      recipe: tinyRecipe(),
      seed: 7,
      trainSamples: 80,
      microBatchSize: 8,
      progress: {
        epoch: step / 10,
        batch: 0,
        step,
        sums: { loss: 0, batches: 0, seen: 0, correct: 0 },
        best: { epoch: step / 10 - 1, top1: 0.5 },
      },
      optimizer: new Map([['velocity.conv.weight', f32([16, 4], numbers(64))]]),
      ema: new Map(),
      ...changes,
    },
  };
}
