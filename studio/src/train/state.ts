import { signal } from '@preact/signals';
import type { RunState } from 'cardinal-nn/studio';
import { useEffect } from 'preact/hooks';
import { engine } from '../engine/engine.ts';
import { messageOf, useAnswer } from '../parts/answer.ts';
import type { MetricsRecord } from './curves.ts';

/** Runs whose charts are open, by id, the newest first; undefined: the newest run. */
export const opened = signal<readonly string[] | undefined>(undefined);

/** Charts that are open at a time, at most: as many as there are colours. */
export const mostOpened = 6;

/** Counted up so that the list of runs is asked for again. */
const looked = signal(0);

/** Milliseconds between two looks for runs: those of the command line appear by themselves. */
const look = 2000;

/** All runs, the newest first, asked for again and again while the room is open. */
export function useRuns(): {
  readonly runs: readonly RunState[] | undefined;
  readonly error?: string | undefined;
} {
  const { value, error } = useAnswer(`runs ${looked.value}`, (channel, signal) =>
    channel.call('runs', [], { signal }),
  );
  useEffect(() => {
    const timer = setInterval(lookAgain, look);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return { runs: value?.toSorted((a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? '')), error };
}

export function lookAgain(): void {
  looked.value++;
}

/** What is known of a run that is watched. */
export interface Watched {
  readonly records: readonly MetricsRecord[];
  readonly state?: RunState | undefined;
  readonly error?: string | undefined;
}

const nothing: Watched = { records: [] };

/** What the runs on show have written so far. */
export const watched = signal<ReadonlyMap<string, Watched>>(new Map());

/** Watches runs as long as they are asked for. */
export function useWatched(ids: readonly string[]): void {
  const state = engine.value;
  const ready = state.kind === 'ready' ? state.engine : undefined;
  useEffect(() => {
    if (ready === undefined) return undefined;
    const controller = new AbortController();
    const { signal: until } = controller;
    watched.value = new Map();
    for (const id of ids) {
      const change = (next: (before: Watched) => Watched): void => {
        if (!until.aborted)
          watched.value = new Map(watched.value).set(id, next(watched.value.get(id) ?? nothing));
      };
      const on = {
        records: (records: readonly MetricsRecord[], again: boolean): void => {
          change((before) => ({ ...before, records: again ? records : [...before.records, ...records] }));
        },
        state: (now: RunState): void => {
          change((before) => ({ ...before, state: now }));
        },
      };
      ready.call('watch', [{ run: id }], { signal: until, on }).catch((error: unknown) => {
        change((before) => ({ ...before, error: messageOf(error) }));
      });
    }
    return () => {
      controller.abort();
    };
  }, [ready, ids.join('\n')]);
}
