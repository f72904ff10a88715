import { answerOf } from './answer.ts';
import type { Classification } from './classify-each.ts';
import type { AnswerOptions } from './plain-answer.ts';

/** Stands for `plain-answer.ts` in the small scripts of a page: each picture is of one class. */
export function knowsTasks(): boolean {
  return false;
}

export const plainAnswer = (
  _task: unknown,
  network: string,
  logits: Float32Array,
  classes: readonly string[],
  { topK, temperature }: AnswerOptions,
): Classification[] => answerOf(network, logits, topK ?? 1, classes, temperature);
