import { useEffect, useState } from 'preact/hooks';
import type { Channel, StudioService } from 'cardinal-nn/studio';
import { engine } from '../engine/engine.ts';
import { messageOf } from './message-of.ts';

export { messageOf } from './message-of.ts';

export interface Answer<T> {
  /** The newest answer there is: kept while the next one is computed. */
  readonly value?: T | undefined;
  readonly error?: string | undefined;
  readonly busy: boolean;
}

/**
 * What the engine answers to a question, asked again whenever `key` changes or another engine is there. A question that is no longer of
 * interest is aborted. Nothing is asked while `key` is undefined.
 */
export function useAnswer<T>(
  key: string | undefined,
  ask: (engine: Channel<StudioService>, signal: AbortSignal) => Promise<T>,
): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ busy: key !== undefined });
  const state = engine.value;
  const ready = state.kind === 'ready' ? state.engine : undefined;
  useEffect(() => {
    if (key === undefined || ready === undefined) return undefined;
    const controller = new AbortController();
    setAnswer((last) => ({ ...last, error: undefined, busy: true }));
    ask(ready, controller.signal)
      .then((value) => {
        if (!controller.signal.aborted) setAnswer({ value, busy: false });
      })
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setAnswer({ error: messageOf(error), busy: false });
      });
    return () => {
      controller.abort();
    };
    // `ask` is another function at each drawing; `key` says what it asks.
  }, [key, ready]);
  return answer;
}
