import { signal } from '@preact/signals';
import type { RunState } from 'cardinal-nn/studio';
import { standingOf, type Standing } from './words.ts';

/** Which runs are listed, and in which order. An empty text or undefined lets all pass. */
export interface Filter {
  readonly text: string;
  readonly standing: Standing | undefined;
  readonly network: string | undefined;
  readonly data: string | undefined;
  readonly order: Order;
}

export type Order = keyof typeof orders;

type Compare = (a: RunState, b: RunState) => number;

const byName: Compare = (a, b) => a.name.localeCompare(b.name, 'en', { numeric: true });
const byAge: Compare = (a, b) => (b.startedAt ?? '').localeCompare(a.startedAt ?? '');

export const orders = {
  newest: { title: 'newest first', compare: byAge },
  oldest: { title: 'oldest first', compare: (a: RunState, b: RunState) => byAge(b, a) },
  name: { title: 'by name', compare: byName },
  network: {
    title: 'by network',
    compare: (a: RunState, b: RunState) => (a.model ?? '').localeCompare(b.model ?? '') || byName(a, b),
  },
  standing: {
    title: 'by how they stand',
    compare: (a: RunState, b: RunState) => standingOf(a).localeCompare(standingOf(b)) || byAge(a, b),
  },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly compare: Compare }>>;

export const everything: Filter = {
  ...{ text: '', standing: undefined, network: undefined, data: undefined },
  order: 'newest',
};

export const filter = signal<Filter>(everything);

/** The runs that pass, in the filter's order. Each word of its text has to be in a run's name, network or settings. */
export function filtered(
  runs: readonly RunState[],
  { text, standing, network, data, order }: Filter,
): readonly RunState[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return runs
    .filter((run) => {
      if (standing !== undefined && standingOf(run) !== standing) return false;
      if (network !== undefined && run.model !== network) return false;
      if (data !== undefined && run.settings['data'] !== data) return false;
      if (words.length === 0) return true;
      const settings = Object.entries(run.settings).map(([name, value]) => `${name} ${value}`);
      const all = [run.name, run.model ?? '', ...settings].join(' ').toLowerCase();
      return words.every((word) => all.includes(word));
    })
    .toSorted(orders[order].compare);
}
