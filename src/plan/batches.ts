import { checkKind, objectWith } from '../base/options.ts';
import type { Entry, Plan } from './plan.ts';

/** A batch size that a plan computes, and what its step list and buffers are called. */
export interface BatchSize {
  /** Pictures of one run. */
  readonly size: number;
  readonly forward: Entry;
  readonly input: string;
  readonly logits: string;
}

/**
 * The batch sizes of an inference plan, largest first. The largest has the plain names `forward`, `input` and `logits`; another, of four
 * pictures say, has `forward@4`, `input@4` and `logits@4`. All have the same weights, and share the memory in which they compute: run
 * one after the other.
 */
export function batchesOf(plan: Plan): readonly BatchSize[] {
  checkKind('batchesOf', 'the plan', plan, objectWith('what planInference gives', 'steps', 'buffers'));
  const { steps, buffers } = plan;
  return Object.keys(steps)
    .map((entry) => /^forward(?<at>@\d+)?$/.exec(entry))
    .filter((match) => match !== null)
    .map(({ groups }) => {
      const at = (groups?.['at'] ?? '') as '' | `@${number}`;
      const input = buffers.find(({ name }) => name === `input${at}`);
      return {
        size: input?.shape[0] ?? 0,
        forward: `forward${at}`,
        input: `input${at}`,
        logits: `logits${at}`,
      };
    });
}
