import { computed, signal } from '@preact/signals';
import type { RunState } from 'cardinal-nn/studio';
import { useEffect } from 'preact/hooks';
import { query, setQuery } from '../address.ts';
import { engine } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { mostDrawn } from './look.ts';

/** All runs, the newest first, and why they are not known. They stay while the engine is away. */
export const runs = signal<readonly RunState[] | undefined>(undefined);
export const runsError = signal<string | undefined>(undefined);

/** Milliseconds between two looks for runs: those of the command line appear by themselves. */
const look = 1500;

/** Counted up to look at once. */
const looked = signal(0);

export function lookAgain(): void {
  looked.value++;
}

/** Keeps the list of runs up to date while the room is open. */
export function useRuns(): void {
  const state = engine.value;
  const ready = state.kind === 'ready' ? state.engine : undefined;
  const { value: asked } = looked;
  useEffect(() => {
    if (ready === undefined) return undefined;
    const controller = new AbortController();
    const { signal: until } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const found = await ready.call('runs', [], { signal: until });
        if (!until.aborted) setRuns(found);
      } catch (error) {
        if (!until.aborted && ready.ended === undefined) runsError.value = messageOf(error);
      }
      if (!until.aborted) timer = setTimeout(() => void ask(), look);
    };
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [ready, asked]);
}

let text = '';

/** Nothing is drawn anew while nothing has changed. */
export function setRuns(found: readonly RunState[]): void {
  runsError.value = undefined;
  const now = JSON.stringify(found);
  if (now === text && runs.value !== undefined) return;
  text = now;
  runs.value = found.toSorted((a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? ''));
}

/** Names of the runs that are to be drawn, the chosen one first; without a choice the newest run. */
export const wanted = computed((): readonly string[] => {
  const { run, with: others = [] } = query.value;
  const names = [...new Set([...(run === undefined ? [] : [run]), ...others])].slice(0, mostDrawn);
  return names.length > 0 ? names : (runs.value ?? []).slice(0, 1).map(({ name }) => name);
});

/** Those of them that are there. */
export const drawn = computed((): readonly RunState[] =>
  wanted.value.flatMap((name) => (runs.value ?? []).find((run) => run.name === name) ?? []),
);

/** Those that are not: deleted or moved. */
export const missing = computed((): readonly string[] =>
  runs.value === undefined
    ? []
    : wanted.value.filter((name) => !drawn.value.some((run) => run.name === name)),
);

/** Draws these runs. The first is the chosen one, unless weights are. */
export function draw(names: readonly string[]): void {
  const { run, weights } = query.value;
  const [first, ...others] = names.slice(0, mostDrawn);
  setQuery(
    run === undefined && weights !== undefined
      ? { weights, with: names.slice(0, mostDrawn) }
      : { run: first, with: others },
  );
}

/** Chooses a run for all rooms, and draws it with those that are drawn. */
export function drawChosen(name: string): void {
  const others = drawn.value.map((each) => each.name).filter((each) => each !== name);
  setQuery({ run: name, with: others.slice(0, mostDrawn - 1) });
}
