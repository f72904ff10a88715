import type { DataCheck } from 'cardinal-nn/studio';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { whenReady } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { count } from '../parts/numbers.ts';
import { PictureView } from '../parts/picture.tsx';

type State =
  | { readonly kind: 'none' }
  | { readonly kind: 'busy'; readonly done: number; readonly total: number }
  | { readonly kind: 'done'; readonly check: DataCheck }
  | { readonly kind: 'failed'; readonly message: string };

/** Reads every picture once: broken ones, those that look alike, mean and deviation. Asked for, since it may take a while. */
export function Check({ data }: { readonly data: string }): JSX.Element {
  const state = useSignal<State>({ kind: 'none' });
  const controller = useRef<AbortController>(undefined);
  useEffect(() => {
    state.value = { kind: 'none' };
    return () => controller.current?.abort();
  }, [data]);
  const begin = async (): Promise<void> => {
    const { signal } = (controller.current = new AbortController());
    state.value = { kind: 'busy', done: 0, total: 0 };
    try {
      const engine = await whenReady();
      const progress = (done: number, total: number): void => {
        if (!signal.aborted) state.value = { kind: 'busy', done, total };
      };
      const check = await engine.call('checkData', [{ data }], { signal, on: { progress } });
      if (!signal.aborted) state.value = { kind: 'done', check };
    } catch (error) {
      if (!signal.aborted) state.value = { kind: 'failed', message: messageOf(error) };
    }
  };
  const now = state.value;
  return (
    <section>
      <h2>Check the pictures</h2>
      {now.kind !== 'busy' && (
        <p>
          <button type="button" onClick={() => void begin()}>
            Read all pictures
          </button>{' '}
          finds broken files and pictures that are there twice.
        </p>
      )}
      {now.kind === 'busy' && (
        <p>
          <progress max={Math.max(1, now.total)} value={now.done} aria-label="Pictures read" />{' '}
          {count(now.done)} of {count(now.total)}{' '}
          <button
            type="button"
            onClick={() => {
              controller.current?.abort();
              state.value = { kind: 'none' };
            }}
          >
            Stop
          </button>
        </p>
      )}
      {now.kind === 'failed' && <p role="alert">{now.message}</p>}
      {now.kind === 'done' && <Found data={data} check={now.check} />}
    </section>
  );
}

/** Lines of a list that are shown. */
const mostShown = 50;

function Found({ data, check }: { readonly data: string; readonly check: DataCheck }): JSX.Element {
  const { pictures, broken, alike, mean, std } = check;
  return (
    <div role="status">
      <p>
        {count(pictures)} pictures, {broken.length === 0 ? 'none broken' : `${count(broken.length)} broken`},{' '}
        {alike.length === 0
          ? 'none alike'
          : `${count(alike.length)} ${alike.length === 1 ? 'group that looks' : 'groups that look'} alike`}
        . Mean of the training pictures {mean.map(three).join(', ')}, standard deviation{' '}
        {std.map(three).join(', ')}, of 1.
      </p>
      {broken.length > 0 && (
        <>
          <h3>Broken</h3>
          <ul>
            {broken.slice(0, mostShown).map(({ picture, reason }) => (
              <li key={`${picture.split} ${picture.index}`}>{reason}</li>
            ))}
          </ul>
        </>
      )}
      {alike.length > 0 && (
        <>
          <h3>Alike</h3>
          <p>Pictures that are in training and in validation make a network look better than it is.</p>
          {alike.slice(0, mostShown).map((group) => (
            <ul class="pictures" key={`${group[0].split} ${group[0].index}`}>
              {group.slice(0, 12).map(({ split, index, name }) => (
                <li key={`${split} ${index}`}>
                  <PictureView picture={{ data, split, index }} name={name} side={96} />
                  <span>{split}</span>
                </li>
              ))}
            </ul>
          ))}
        </>
      )}
    </div>
  );
}

function three(value: number): string {
  return value.toFixed(3);
}
