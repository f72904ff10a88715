import type { Targets } from '../data/task.ts';
import { answerOf, requireNumbers } from './answer.ts';
import type { Classification } from './classify-each.ts';
import { taskAnswer } from './task-answer.ts';

/** How many classes are named, and what the logits are divided by. */
export interface AnswerOptions {
  readonly topK: number | undefined;
  readonly temperature: number | undefined;
}

/** Whether pictures are answered in other terms than of one class each: in the complete scripts of a page, for which this file is. */
export function knowsTasks(): boolean {
  return true;
}

/** What a classifier says of a picture by its K logits: the `topK` likeliest classes, or the labels over one half. Throws a `CardinalError`. */
export function plainAnswer(
  task: Targets['task'] | undefined,
  network: string,
  logits: Float32Array,
  classes: readonly string[],
  { topK, temperature }: AnswerOptions,
): Classification[] {
  if (task === undefined) return answerOf(network, logits, topK ?? 1, classes, temperature);
  return taskAnswer(task, network, requireNumbers(network, logits), topK, classes);
}
