import type { JSX } from 'preact';
import { saveCsv } from '../parts/csv.ts';
import type { Shown } from './charts.tsx';
import { tableOf } from './compare.ts';
import { Swatch } from './swatch.tsx';

/** How good each of the runs on show became, and the settings in which they differ. */
export function SideBySide({ shown }: { readonly shown: readonly Shown[] }): JSX.Element | null {
  if (shown.length < 2) return null;
  const { head, rows, differing } = tableOf(shown);
  return (
    <section>
      <h2>Side by side</h2>
      <p class="hint">
        {differing.length === 0
          ? 'They have the same settings.'
          : `They differ in ${differing.join(', ')}. What all have alike is left out.`}
      </p>
      <div class="scrolled" tabIndex={0} role="group" aria-label="Runs and their settings that differ">
        <table class="compare">
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, ...cells], at) => (
              <tr key={name}>
                <th scope="row">
                  <Swatch look={shown[at].look} /> {name}
                </th>
                {cells.map((cell, column) => (
                  <td key={head[column + 1]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="row">
        <button
          type="button"
          aria-label="Save the table of runs as CSV"
          onClick={() => {
            saveCsv('runs', [head, ...rows]);
          }}
        >
          CSV
        </button>
      </p>
    </section>
  );
}
