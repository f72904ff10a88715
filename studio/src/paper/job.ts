import { useEffect, useRef, useState } from 'preact/hooks';
import type { Channel, StudioService } from 'cardinal-nn/studio';
import { engine } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';

/** What the engine computes when a visitor asks for it: one at a time, to be cancelled. */
export interface Job<T> {
  /** What came of the last one, or what there is of this one. */
  readonly value: T | undefined;
  readonly error: string | undefined;
  readonly isBusy: boolean;
  /** How far it is, in [0, 1]; undefined if that is not known. */
  readonly share: number | undefined;
  readonly start: (ask: (engine: Channel<StudioService>, told: Told<T>) => Promise<T>) => void;
  readonly cancel: () => void;
}

/** What a job is given: how to hear of its end, and whom to tell how it goes. */
export interface Told<T> {
  readonly signal: AbortSignal;
  readonly onShare: (share: number) => void;
  /** Shows what there is already. */
  readonly onPart: (value: T) => void;
}

interface State<T> {
  readonly value?: T | undefined;
  readonly error?: string | undefined;
  readonly isBusy: boolean;
  readonly share?: number | undefined;
}

/** A job of a component; it is cancelled when the component goes. */
export function useJob<T>(): Job<T> {
  const [state, setState] = useState<State<T>>({ isBusy: false });
  const running = useRef<AbortController>(undefined);
  useEffect(
    () => () => {
      running.current?.abort();
    },
    [],
  );
  const start: Job<T>['start'] = (ask) => {
    running.current?.abort();
    const found = engine.value;
    if (found.kind !== 'ready') {
      const error = found.kind === 'lost' ? found.message : 'What computes is not there yet: try again soon.';
      setState({ error, isBusy: false });
      return;
    }
    const controller = new AbortController();
    running.current = controller;
    const change = (changed: Partial<State<T>>): void => {
      if (!controller.signal.aborted) setState((before) => ({ ...before, ...changed }));
    };
    setState((before) => ({ value: before.value, isBusy: true }));
    ask(found.engine, {
      signal: controller.signal,
      onShare: (share) => {
        change({ share });
      },
      onPart: (value) => {
        change({ value });
      },
    }).then(
      (value) => {
        change({ value, isBusy: false, share: undefined });
      },
      (error: unknown) => {
        change({ error: messageOf(error), isBusy: false, share: undefined });
      },
    );
  };
  const cancel = (): void => {
    running.current?.abort();
    setState((before) => ({ value: before.value, isBusy: false }));
  };
  return { value: state.value, error: state.error, isBusy: state.isBusy, share: state.share, start, cancel };
}
