import type { Program } from '../backends/backend.ts';
import { nextTask } from '../base/next-task.ts';
import type { BatchLoader } from '../data/dataset.ts';
import { shapeOf } from './evaluate.ts';

/** One class a network takes a picture for. */
export interface Guess {
  readonly label: number;
  readonly probability: number;
}

/** The likeliest classes of a row of logits, best first, with the softmax's probabilities. */
export function topGuesses(logits: Float32Array, count: number): Guess[] {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights
    .map((weight, label) => ({ label, probability: weight / total }))
    .sort((a, b) => b.probability - a.probability || a.label - b.label)
    .slice(0, count);
}

/** What the network takes each picture of a loader for. The loader's batch size is a multiple of the program's. */
export async function* classify(
  program: Program,
  loader: BatchLoader,
  count: number,
): AsyncGenerator<{ readonly index: number; readonly label: number; readonly top: Guess[] }> {
  const [rows, classes] = shapeOf(program, 'logits');
  const perPicture = shapeOf(program, 'input').reduce((product, size) => product * size, 1) / rows;
  for await (const batch of loader.epoch(0)) {
    for (let first = 0; first < batch.size; first += rows) {
      await nextTask();
      const part = batch.input.subarray(first * perPicture, (first + rows) * perPicture);
      const logits = await program.take(async () => {
        program.write('input', part, 'channels_last');
        await program.run('forward');
        return await program.read('logits');
      });
      for (let row = first; row < Math.min(first + rows, batch.size); row++) {
        const top = topGuesses(logits.subarray((row - first) * classes, (row - first + 1) * classes), count);
        yield { index: batch.indices[row], label: batch.labels[row], top };
      }
    }
  }
}
