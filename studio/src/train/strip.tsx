import type { RunState, StudioItem } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useAnswer } from '../parts/answer.ts';
import { percent } from '../parts/numbers.ts';
import { PictureView } from '../parts/picture.tsx';
import { useItems } from '../data/choose.tsx';

const mostShown = 8;

/** Some validation pictures with what a run takes them for, anew after every epoch. */
export function Strip({ run, done }: { readonly run: RunState; readonly done: number }): JSX.Element | null {
  const { items } = useItems('data');
  const data = dataOf(run, items ?? []);
  const pictures = useAnswer(data, async (engine, signal) => {
    const { classes, splits } = await engine.call('describeData', [{ data: data ?? '' }], { signal });
    const split = splits.val !== undefined ? 'val' : splits.test !== undefined ? 'test' : 'train';
    const labels = classes.slice(0, mostShown).map((_, label) => label);
    const count = Math.max(1, Math.floor(mostShown / labels.length));
    const listed = await Promise.all(
      labels.map((label) =>
        engine.call('listPictures', [{ data: data ?? '', split, label, from: 0, count }], { signal }),
      ),
    );
    return listed.flat().map(({ index, label, name }) => ({
      picture: { data: data ?? '', split, index } as const,
      truth: classes[label],
      name,
    }));
  });
  const shown = pictures.value;
  const key = shown === undefined || !run.hasCheckpoint ? undefined : `${run.id} ${data ?? ''} ${done}`;
  const answers = useAnswer(key, (engine, signal) =>
    engine.call(
      'classify',
      [{ weights: run.id, pictures: (shown ?? []).map(({ picture }) => picture), topK: 1 }],
      { signal },
    ),
  );
  if (data === undefined || shown === undefined) return null;
  return (
    <section>
      <h2>What {run.name} takes pictures for</h2>
      <p class="hint">
        Pictures that it does not learn from, judged anew whenever it gets better
        {run.hasCheckpoint ? '.' : ': the first time after its first epoch.'}
      </p>
      {answers.error !== undefined && <p role="alert">{answers.error}</p>}
      <ul class="pictures strip" aria-label={`Validation pictures as ${run.name} sees them`}>
        {shown.map(({ picture, truth, name }, at) => {
          const answer = answers.value?.[at];
          const top = answer?.top?.[0];
          return (
            <li key={`${picture.split} ${picture.index}`}>
              <PictureView picture={picture} name={`${truth}: ${name}`} />
              {top === undefined ? (
                <span>{answer?.error ?? '…'}</span>
              ) : (
                <span class={top.class === truth ? 'is-right' : 'is-wrong'}>
                  {top.class === truth ? '✓' : '✗'} {top.class},{' '}
                  <span class="whole">{percent(top.probability)}</span>
                </span>
              )}
              <span>is {truth}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The data that a run was trained on, if the studio has it. Runs of a page know names only. */
function dataOf({ settings }: RunState, items: readonly StudioItem[]): string | undefined {
  const { data } = settings;
  const ids = data === 'pictures' ? ['data:bundled'] : [`data:${data}`, `data:kept/${data}`];
  return items.find(({ id }) => ids.includes(id))?.id;
}
