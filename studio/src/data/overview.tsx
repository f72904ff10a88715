import type { DataDescription, SplitName } from 'cardinal-nn/studio';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useAnswer } from '../parts/answer.ts';
import { count } from '../parts/numbers.ts';
import { PictureView } from '../parts/picture.tsx';

const words: Readonly<Record<SplitName, string>> = { train: 'training', val: 'validation', test: 'test' };
const shown = 24;

/** What some data holds: its classes, how many pictures each has in each split, and what they look like. */
export function Overview({ data }: { readonly data: string }): JSX.Element | null {
  const { value, error } = useAnswer(data, (engine, signal) =>
    engine.call('describeData', [{ data }], { signal }),
  );
  const label = useSignal(0);
  if (error !== undefined) return <p role="alert">{error}</p>;
  if (value === undefined) return null;
  const chosen = Math.min(label.value, value.classes.length - 1);
  return (
    <>
      <Balance
        of={value}
        chosen={chosen}
        onChoose={(index) => {
          label.value = index;
        }}
      />
      {value.leftOut !== undefined && <p>Left out: {value.leftOut}</p>}
      <Samples of={value} label={chosen} />
    </>
  );
}

interface BalanceProps {
  readonly of: DataDescription;
  readonly chosen: number;
  readonly onChoose: (label: number) => void;
}

function Balance({ of: { splits, classes, valHeldOut }, chosen, onChoose }: BalanceProps): JSX.Element {
  const there = (['train', 'val', 'test'] as const).flatMap((split) => {
    const counts = splits[split];
    return counts === undefined ? [] : [{ split, counts }];
  });
  const first = there[0];
  const most = first.counts.reduce((largest, each) => Math.max(largest, each), 1);
  return (
    <table class="balance">
      <caption>
        Pictures of each class{valHeldOut && '; those for validation are held out of the training pictures'}
      </caption>
      <thead>
        <tr>
          <th scope="col">class</th>
          {there.map(({ split }) => (
            <th key={split} scope="col" class="n">
              {words[split]}
            </th>
          ))}
          <td />
        </tr>
      </thead>
      <tbody>
        {classes.map((name, label) => (
          <tr key={name} class={label === chosen ? 'chosen' : undefined}>
            <th scope="row">
              <button
                type="button"
                class="plain"
                aria-pressed={label === chosen}
                onClick={() => {
                  onChoose(label);
                }}
              >
                {name}
              </button>
            </th>
            {there.map(({ split, counts }) => (
              <td key={split} class="n">
                {count(counts[label])}
              </td>
            ))}
            <td class="meter">
              <span style={{ width: `${(100 * first.counts[label]) / most}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Samples({
  of,
  label,
}: {
  readonly of: DataDescription;
  readonly label: number;
}): JSX.Element | null {
  const { id: data, classes, splits } = of;
  const split = (['train', 'val', 'test'] as const).find((each) => splits[each] !== undefined) ?? 'train';
  const { value, error } = useAnswer(`${data} ${label}`, (engine, signal) =>
    engine.call('listPictures', [{ data, split, label, from: 0, count: shown }], { signal }),
  );
  if (error !== undefined) return <p role="alert">{error}</p>;
  return (
    <ul class="pictures" aria-label={`Pictures of ${classes[label]}`}>
      {value?.map(({ index, name }) => (
        <li key={index}>
          <PictureView picture={{ data, split, index }} name={`${classes[label]}: ${name}`} side={96} />
        </li>
      ))}
    </ul>
  );
}
