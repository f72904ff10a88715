import { signal } from '@preact/signals';
import type { Channel, RunCurves, RunState, StudioService } from 'cardinal-nn/studio';
import { useEffect, useRef } from 'preact/hooks';
import { engine } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';

/** What is known of a run that is watched. */
export interface Watched {
  readonly curves?: RunCurves | undefined;
  readonly state?: RunState | undefined;
  readonly error?: string | undefined;
}

/** What the runs on show came to so far, by id. It stays in sight while the engine is away. */
export const watched = signal<ReadonlyMap<string, Watched>>(new Map());

/** Milliseconds before a run that could not be watched is tried again: it may have been replaced. */
const retry = 1000;

/** Watches runs as long as they are asked for. */
export function useWatched(ids: readonly string[]): void {
  const state = engine.value;
  const ready = state.kind === 'ready' ? state.engine : undefined;
  const watching = useRef(new Map<string, AbortController>());
  useEffect(() => {
    const { current } = watching;
    return () => {
      for (const controller of current.values()) controller.abort();
      current.clear();
    };
  }, [ready]);
  useEffect(() => {
    const { current } = watching;
    for (const [id, controller] of current) {
      if (ids.includes(id)) continue;
      controller.abort();
      current.delete(id);
    }
    const kept = [...watched.value].filter(([id]) => ids.includes(id));
    if (kept.length < watched.value.size) watched.value = new Map(kept);
    if (ready === undefined) return;
    for (const id of ids) {
      if (current.has(id)) continue;
      const controller = new AbortController();
      current.set(id, controller);
      void watch(ready, id, controller.signal);
    }
  }, [ready, ids.join('\n')]);
}

async function watch(channel: Channel<StudioService>, id: string, signal: AbortSignal): Promise<void> {
  const change = (changes: Watched): void => {
    if (signal.aborted) return;
    watched.value = new Map(watched.value).set(id, {
      ...watched.value.get(id),
      error: undefined,
      ...changes,
    });
  };
  while (!signal.aborted && channel.ended === undefined) {
    const on = {
      curves: (curves: RunCurves): void => {
        change({ curves });
      },
      state: (state: RunState): void => {
        change({ state });
      },
    };
    await channel.call('watch', [{ run: id }], { signal, on }).catch((error: unknown) => {
      // That the engine is away, the page's head says.
      if (channel.ended === undefined) change({ error: messageOf(error) });
    });
    await new Promise((resolve) => setTimeout(resolve, retry));
  }
}
