import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { JSX } from 'preact';
import { count, percent } from '../parts/numbers.ts';
import { saveCsv } from '../parts/csv.ts';
import { PictureView } from '../parts/picture.tsx';
import { cell, judged, order, shown } from './state.ts';
import { orders, type Order } from './statistics.ts';

const perPage = 24;

/** Pictures of the chosen cell, or all that are wrong, in the chosen order. */
export function Pictures({ classes }: { readonly classes: readonly string[] }): JSX.Element | null {
  const pages = useSignal(1);
  const chosen = `${cell.value?.join(' ')} ${order.value}`;
  useEffect(() => {
    pages.value = 1;
  }, [chosen]);
  const asked = judged.value?.asked;
  if (asked === undefined) return null;
  const { by } = orders[order.value];
  const sorted = shown.value.toSorted((a, b) => by(a) - by(b));
  const some = sorted.slice(0, perPage * pages.value);
  const title =
    cell.value === undefined ? 'Mistakes' : `${classes[cell.value[0]]} taken for ${classes[cell.value[1]]}`;
  const save = (): void => {
    saveCsv('pictures', [
      ['picture', 'true class', 'predicted class', 'probability', 'loss', 'margin'],
      ...sorted.map((row) => [
        ...[row.name, classes[row.label], classes[row.predicted]],
        ...[row.confidence, row.loss, row.margin],
      ]),
    ]);
  };
  return (
    <section>
      <h2>{title}</h2>
      <div class="judge-tools">
        <label>
          Order{' '}
          <select
            value={order.value}
            onChange={({ currentTarget }) => (order.value = currentTarget.value as Order)}
          >
            {Object.entries(orders).map(([key, { title: words }]) => (
              <option key={key} value={key}>
                {words}
              </option>
            ))}
          </select>
        </label>
        {cell.value && (
          <button type="button" onClick={() => (cell.value = undefined)}>
            All mistakes
          </button>
        )}
        <button type="button" onClick={save}>
          Save as CSV
        </button>
      </div>
      <p role="status">{sorted.length === 0 ? 'There are none.' : `${count(sorted.length)} pictures.`}</p>
      <ul class="judge-pictures">
        {some.map((row) => (
          <li key={row.at}>
            <PictureView
              picture={{ data: asked.data, split: asked.split, index: row.index }}
              name={`${classes[row.label]}, taken for ${classes[row.predicted]}`}
            />
            <p>
              {classes[row.predicted]} <span class="whole">{percent(row.confidence)}</span>
            </p>
            {row.label !== row.predicted && <p class="soft">is {classes[row.label]}</p>}
            <p class="soft">
              <bdi>{row.name.split(/[\\/]/).at(-1)}</bdi>
            </p>
          </li>
        ))}
      </ul>
      {some.length < sorted.length && (
        <button type="button" onClick={() => pages.value++}>
          Show more
        </button>
      )}
    </section>
  );
}
