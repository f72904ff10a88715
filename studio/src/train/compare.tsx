import type { RunState } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { percent } from '../parts/numbers.ts';
import type { Shown } from './charts.tsx';
import { differingSettings } from './words.ts';

interface CompareProps {
  readonly runs: readonly RunState[];
  readonly shown: readonly Shown[];
}

/** The settings in which the runs on show differ, and how good each became. */
export function Compare({ runs, shown }: CompareProps): JSX.Element | null {
  const there = runs.filter(({ id }) => shown.some((each) => each.id === id));
  if (there.length < 2) return null;
  const names = differingSettings(there);
  return (
    <section>
      <h2>What differs</h2>
      <div class="scrolled" tabIndex={0} role="group" aria-label="Runs and their settings that differ">
        <table>
          <thead>
            <tr>
              <th scope="col">run</th>
              <th scope="col">best accuracy</th>
              {names.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {there.map(({ id, name, settings }) => (
              <tr key={id}>
                <th scope="row">{name}</th>
                <td>{bestOf(shown.find((each) => each.id === id))}</td>
                {names.map((setting) => (
                  <td key={setting}>{settings[setting] ?? 'none'}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {names.length === 0 && <p>They have the same settings.</p>}
    </section>
  );
}

function bestOf(shown: Shown | undefined): string {
  const values = shown?.curves.accuracy.validation.map(({ value }) => value) ?? [];
  return values.length === 0 ? 'none yet' : percent(values.reduce((a, b) => Math.max(a, b)));
}
