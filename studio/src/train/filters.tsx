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
      <div>
        <label for={id}>Text</label>
        <input
          id={id}
          type="search"
          value={text}
          placeholder="name, setting, value"
          onInput={({ currentTarget }) => {
            change({ text: currentTarget.value });
          }}
        />
      </div>
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
      <Choice
        label="Order"
        value={order}
        values={Object.keys(orders)}
        titleOf={(each) => orders[each as Order].title}
        onChange={(value) => {
          change({ order: value as Order });
        }}
        isOptional={false}
      />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly values: readonly string[];
  readonly titleOf?: ((value: string) => string) | undefined;
  readonly onChange: (value: string) => void;
  /** Whether any will do. Default: true. */
  readonly isOptional?: boolean | undefined;
}

function Choice({
  label,
  value = '',
  values,
  titleOf = (each) => each,
  onChange,
  isOptional = true,
}: ChoiceProps): JSX.Element {
  const id = useId();
  return (
    <div>
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.value);
        }}
      >
        {isOptional && <option value="">any</option>}
        {values.map((each) => (
          <option key={each} value={each}>
            {titleOf(each)}
          </option>
        ))}
      </select>
    </div>
  );
}

function distinct(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))].toSorted();
}
