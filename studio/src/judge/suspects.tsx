import type { JSX } from 'preact';
import { count, percent } from '../parts/numbers.ts';
import { saveCsv } from '../parts/csv.ts';
import { PictureView } from '../parts/picture.tsx';
import { judged, mislabels } from './state.ts';

const mostShown = 24;

/** Pictures whose labels are probably wrong. */
export function Suspects({ classes }: { readonly classes: readonly string[] }): JSX.Element | null {
  const asked = judged.value?.asked;
  const names = judged.value?.found.names ?? [];
  const indices = judged.value?.found.indices;
  const found = mislabels.value?.found ?? [];
  if (asked === undefined || indices === undefined) return null;
  const save = (): void => {
    saveCsv('suspects', [
      ['picture', 'label', 'suggested class', 'label probability', 'margin'],
      ...found.map((one) => [
        ...[names[one.index], classes[one.label], classes[one.suggested]],
        ...[one.probability, one.margin],
      ]),
    ]);
  };
  return (
    <section>
      <h2>Labels that are probably wrong</h2>
      <p>
        {count(found.length)} pictures look more like another class than others of their label do (confident
        learning), the most suspicious first.
        {asked.split === 'train' &&
          ' The network has learned the labels of its training pictures, wrong ones too: many are not found here.'}
      </p>
      <ul class="judge-pictures">
        {found.slice(0, mostShown).map((one) => (
          <li key={one.index}>
            <PictureView
              picture={{ data: asked.data, split: asked.split, index: indices[one.index] }}
              name={`labelled ${classes[one.label]}, perhaps ${classes[one.suggested]}`}
            />
            <p>
              {classes[one.suggested]}? <span class="whole">{percent(one.probability + one.margin)}</span>
            </p>
            <p class="soft">labelled {classes[one.label]}</p>
          </li>
        ))}
      </ul>
      <button type="button" onClick={save}>
        Save all as CSV
      </button>
    </section>
  );
}
