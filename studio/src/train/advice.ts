import type { RunCurves, RunState } from 'cardinal-nn/studio';
import { percent } from '../parts/numbers.ts';

/** Why a run ended before its time, and what to do about it. */
export interface Advised {
  readonly text: string;
  /** A learning rate that the next run may be given. */
  readonly learningRate?: number | undefined;
}

/** Training pictures that are right so much more often than validation pictures are known by heart. */
const byHeart = 0.15;

/** Undefined for a run that did not end early by itself. */
export function adviceOn(run: RunState, curves: RunCurves): Advised | undefined {
  if (run.training !== 'no') return undefined;
  const reason = curves.end?.reason;
  if (reason === 'not-finite') return onDivergence(run, curves);
  return reason === 'stopped-early' ? onEarlyStop(run, curves) : undefined;
}

function onDivergence({ name }: RunState, { steps, now }: RunCurves): Advised {
  const rate = now?.learningRate;
  const learningRate = rate !== undefined && rate > 0 ? Number((rate / 10).toPrecision(2)) : undefined;
  const after = steps === 0 ? 'At its first step' : `After step ${steps}`;
  const at = rate === undefined ? '' : `, with a learning rate of ${Number(rate.toPrecision(3))},`;
  return {
    text:
      `${after}${at} the loss of ${name} was no number any more: steps so large leave what can be learned and do not come back. ` +
      `It stopped before its weights were spoiled${steps === 0 ? '' : '; what it had saved before is good'}. ` +
      `Going on would come to the same, so begin anew with smaller steps${learningRate === undefined ? '.' : `: a tenth is ${learningRate}.`}`,
    learningRate,
  };
}

function onEarlyStop({ name }: RunState, { best, last, accuracy }: RunCurves): Advised {
  const since = best === undefined || last === undefined ? undefined : last.epoch - best.epoch;
  const reached = best?.top1 === undefined ? '' : ` (${percent(best.top1)} right)`;
  const what =
    since === undefined || best === undefined
      ? `${name} got no better on validation pictures, so it stopped early.`
      : `${name} was best after epoch ${best.epoch}${reached} and got no better in ${since} more, so it stopped early. The other rooms use the weights of epoch ${best.epoch}.`;
  const training = accuracy.training.values.at(-1);
  const isByHeart =
    training !== undefined && best?.top1 !== undefined && training - best.top1 > byHeart
      ? ` Of the pictures that it learns from ${percent(training)} are right: it knows them by heart. More pictures, or pictures that are changed more, help more than more epochs.`
      : ' If you think that it was about to get better, go on with more patience.';
  return { text: what + isByHeart };
}
