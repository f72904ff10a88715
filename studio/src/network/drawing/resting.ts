import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** Milliseconds without a change until a control is taken to rest. */
const restAfter = 250;
/** How much is drawn at once then: a frame's worth. */
const slice = 40;

interface Resting {
  /** How many of those that are out of date may be drawn now. */
  readonly most: number;
  /** How many are left; they are asked for by and by, once what is drawn has stayed the same for a while. */
  readonly tell: (stale: number) => void;
}

/** Draws what was left out while `drawn` changed, a slice for each frame. */
export function useResting(drawn: unknown): Resting {
  const turn = useSignal(0);
  const last = useRef<{ drawn: unknown; turn: number; stale: number }>({ drawn, turn: 0, stale: 0 });
  const { current } = last;
  const isNew = current.drawn !== drawn;
  const most = !isNew && current.turn !== turn.value ? slice : 0;
  Object.assign(current, { drawn, turn: turn.value });
  useEffect(() => {
    if (current.stale === 0) return undefined;
    const timer = setTimeout(
      () => {
        turn.value++;
      },
      most > 0 ? 16 : restAfter,
    );
    return () => {
      clearTimeout(timer);
    };
  });
  return {
    most,
    tell: (stale) => {
      current.stale = stale;
    },
  };
}
