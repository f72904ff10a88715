import type { GroupsQuery, GroupTimes } from 'cardinal-nn/studio';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { engine } from '../engine/engine.ts';
import { JobButtons } from './job-buttons.tsx';
import { useJob } from './job.ts';
import { TimesFound } from './times-found.tsx';

/** What can be timed, each in a second or some. */
const queries: Readonly<Record<string, { readonly title: string; readonly query: GroupsQuery }>> = {
  layer: {
    title: 'One 3×3 layer of 128 channels',
    query: { what: 'layer', channels: 128, size: 28, batch: 4 },
  },
  wide: {
    title: 'One 3×3 layer of 256 channels',
    query: { what: 'layer', channels: 256, size: 14, batch: 4 },
  },
  block: {
    title: "The paper's block, its cost kept",
    query: { what: 'block', channels: 256, size: 28, batch: 2 },
  },
};

interface Timed {
  readonly query: GroupsQuery;
  readonly times: readonly GroupTimes[];
}

/** Time beside count: what more and more groups cost on the machine that computes for this page. */
export function Times(): JSX.Element {
  const chosen = useSignal('layer');
  const job = useJob<Timed>();
  const state = engine.value;
  const start = (): void => {
    const { query } = queries[chosen.value] ?? queries['layer'];
    job.start(async (channel, { signal, onPart }) => {
      const times = await channel.call('timeGroups', [query], {
        signal,
        on: {
          timed: (part) => {
            onPart({ query, times: part });
          },
        },
      });
      return { query, times };
    });
  };
  return (
    <section aria-labelledby="times-title">
      <h2 id="times-title">Counted and measured</h2>
      <p>
        Counting says that twice the groups are half the work. Does the clock agree? Each line below is timed
        here, in turn with the others, some rounds; what counts is the median.
      </p>
      <p class="buttons" role="group" aria-label="What is timed">
        {Object.entries(queries).map(([id, { title }]) => (
          <button
            key={id}
            type="button"
            aria-pressed={chosen.value === id}
            onClick={() => {
              chosen.value = id;
            }}
          >
            {title}
          </button>
        ))}
      </p>
      <JobButtons job={job} title="Measure it here" onStart={start} />
      {job.value !== undefined && (
        <TimesFound
          {...job.value}
          where={state.kind === 'ready' ? `${whereText[state.about.where]}: ${state.about.engine}` : ''}
        />
      )}
    </section>
  );
}

const whereText = { machine: 'This machine', page: 'This page' } as const;
