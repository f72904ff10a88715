import type { RunState } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { filter, orders, type Filter, type Order } from './filter.ts';
import { standingOf, standings, type Standing } from './words.ts';

/** Which of the runs are listed, and in which order. */
export function Filters({ runs }: { readonly runs: readonly RunState[] }): JSX.Element {
  const id = useId();
  const { text, standing, network, data, order } = filter.value;
  const change = (changes: Partial<Filter>): void => {
    filter.value = { ...filter.value, ...changes };
  };
  const there = new Set(runs.map(standingOf));
  const orNone = (value: string): string | undefined => (value === '' ? undefined : value);
  return (
    <div class="filters" role="group" aria-label="Which runs are listed">
      <label for={id}>
        Text
        <input
          id={id}
          type="search"
          value={text}
          placeholder="name, setting, value"
          onInput={({ currentTarget }) => {
            change({ text: currentTarget.value });
          }}
        />
      </label>
      <Choice
        label="State"
        value={standing}
        values={(Object.keys(standings) as Standing[]).filter((each) => there.has(each) || each === standing)}
        titleOf={(each) => standings[each as Standing]}
        onChange={(value) => {
          change({ standing: orNone(value) as Standing | undefined });
        }}
      />
      <Choice
        label="Network"
        value={network}
        values={distinct(runs.map(({ model }) => model))}
        onChange={(value) => {
          change({ network: orNone(value) });
        }}
      />
      <Choice
        label="Data"
        value={data}
        values={distinct(runs.map(({ settings }) => settings['data']))}
        titleOf={(path) => path.split(/[/\\]/).slice(-2).join('/')}
        onChange={(value) => {
          change({ data: orNone(value) });
        }}
      />
      <label>
        Order
        <select
          value={order}
          onChange={({ currentTarget }) => {
            change({ order: currentTarget.value as Order });
          }}
        >
          {Object.entries(orders).map(([name, { title }]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly values: readonly string[];
  readonly titleOf?: ((value: string) => string) | undefined;
  readonly onChange: (value: string) => void;
}

function Choice({ label, value = '', values, titleOf = (each) => each, onChange }: ChoiceProps): JSX.Element {
  return (
    <label>
      {label}
      <select
        value={value}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.value);
        }}
      >
        <option value="">any</option>
        {values.map((each) => (
          <option key={each} value={each}>
            {titleOf(each)}
          </option>
        ))}
      </select>
    </label>
  );
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].toSorted();
}
