import type { GroupsQuery, GroupTimes } from 'cardinal-nn/studio';
import type * as Plot from '@observablehq/plot';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { saveCsv } from '../parts/csv.ts';
import { short } from '../parts/numbers.ts';
import { lineOf, PlotView } from './plot.tsx';
import { separable, sharesOf, speedOf, timesRows, wordsOf } from './times-words.ts';

const series = ['counted: multiply–accumulates', 'measured: forward', 'measured: forward and both gradients'];

/** Counts and times side by side: a chart of both as shares of one group's, all numbers, and where they part. */
export function TimesFound({
  query,
  times,
  where,
}: {
  readonly query: GroupsQuery;
  readonly times: readonly GroupTimes[];
  /** What computed. */
  readonly where: string;
}): JSX.Element {
  const shares = useMemo(() => sharesOf(times), [times]);
  const options = useMemo(
    (): Plot.PlotOptions => ({
      x: {
        type: 'log',
        base: 2,
        label: query.what === 'layer' ? 'groups' : 'cardinality C',
        labelAnchor: 'center',
        labelArrow: 'none',
        tickFormat: 'd',
      },
      y: {
        type: 'log',
        label: null,
        grid: true,
        ticks: 5,
        tickFormat: (share: number) => `${Number((100 * share).toPrecision(2))} %`,
      },
      marks: [
        ...lineOf(0, shares, 'groups', 'counted'),
        ...lineOf(1, shares, 'groups', 'forward'),
        ...lineOf(2, shares, 'groups', 'step'),
      ],
    }),
    [shares, query.what],
  );
  const words = wordsOf(query, times);
  return (
    <>
      <PlotView
        title="What is left of the cost of one group"
        text={words}
        series={series}
        options={options}
      />
      <p role="status">{words}</p>
      <TimesTable query={query} times={times} />
      {query.what === 'layer' && <Separable times={times} />}
      <p class="buttons">
        <button
          type="button"
          onClick={() => {
            saveCsv('groups-timed', timesRows(query, times));
          }}
        >
          Save the numbers as CSV
        </button>
      </p>
      <p class="hint">
        {where}. {query.batch} pictures of {query.channels}×{query.size}×{query.size} at once. MACs are
        multiply–accumulates of the forward pass for one picture; a gradient of the input and one of the
        weights take as many each.
      </p>
    </>
  );
}

function TimesTable({
  query,
  times,
}: {
  readonly query: GroupsQuery;
  readonly times: readonly GroupTimes[];
}): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Counts and times by groups">
      <table>
        <thead>
          <tr>
            <th scope="col">Groups</th>
            <th scope="col">MACs</th>
            <th scope="col">Forward</th>
            <th scope="col">Speed</th>
            <th scope="col">With gradients</th>
            <th scope="col">Speed</th>
          </tr>
        </thead>
        <tbody>
          {times.map((row) => (
            <tr key={row.groups ?? 'pointwise'}>
              <th scope="row">{nameOf(row, query)}</th>
              <td>{short(row.macs)}</td>
              <td>{milliseconds(row.forward)}</td>
              <td>{short(speedOf(row, 'forward', query))}MAC/s</td>
              <td>{milliseconds(row.step)}</td>
              <td>{short(speedOf(row, 'step', query))}MAC/s</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function nameOf({ groups, width }: GroupTimes, { what, channels }: GroupsQuery): string {
  if (groups === undefined) return '1×1, all channels';
  if (what === 'block') return width === 1 && groups > 128 ? `${groups}, depthwise` : `${groups}×${width}d`;
  return groups === channels ? `${groups}, depthwise` : String(groups);
}

function milliseconds(time: number): string {
  return `${time.toPrecision(3)} ms`;
}

/** The end of the review: depthwise and 1×1 in the place of an ordinary convolution. */
function Separable({ times }: { readonly times: readonly GroupTimes[] }): JSX.Element | null {
  const found = separable(times);
  if (found === undefined) return null;
  const { counted, measured, channels } = found;
  return (
    <p>
      A depthwise convolution and a 1×1 behind it stand for an ordinary one (MobileNet, Xception): counted{' '}
      <strong>{(100 * counted).toFixed(1)} %</strong> of its work, 1/{channels} + 1/9; measured here{' '}
      <strong>{(100 * measured).toFixed(0)} %</strong> of its time.
    </p>
  );
}
