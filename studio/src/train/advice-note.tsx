import { useSignal } from '@preact/signals';
import type { RunCurves, RunState } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { adviceOn } from './advice.ts';
import type { Look } from './look.ts';
import { set } from './settings.ts';
import { Swatch } from './swatch.tsx';

interface AdviceProps {
  readonly run: RunState;
  readonly look: Look;
  readonly curves: RunCurves;
}

/** Why a run ended before its time, beside the mark in its chart, and what to do about it. */
export function Advice({ run, look, curves }: AdviceProps): JSX.Element | null {
  const taken = useSignal<number | undefined>(undefined);
  const advice = adviceOn(run, curves);
  if (advice === undefined) return null;
  const { text, learningRate } = advice;
  return (
    <div class="advice" role="note" aria-label={`Why ${run.name} ended`}>
      <p>
        <Swatch look={look} /> {text}
      </p>
      {learningRate !== undefined && (
        <p class="row">
          <button
            type="button"
            onClick={() => {
              set({ learningRate });
              taken.value = learningRate;
            }}
          >
            Take {learningRate} for the next run
          </button>
          <span role="status">
            {taken.value !== undefined && 'It is in the recipe above: choose “Start training”.'}
          </span>
        </p>
      )}
    </div>
  );
}
