import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { whenReady } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { count } from '../parts/numbers.ts';
import { ClassCard } from './class-card.tsx';
import { DropZone } from './drop-zone.tsx';
import {
  chosenData,
  classNamed,
  forgetRefusals,
  freeName,
  itemsVersion,
  newClasses,
  refused,
} from './state.ts';
import './unsaved.ts';
import { stopUploading, takeDropped, uploading } from './upload.ts';

/** Makes data of a visitor's own pictures: drop folders, or name classes and fill them. */
export function Collect({ onMade }: { readonly onMade: () => void }): JSX.Element {
  const id = useId();
  const name = useSignal('my pictures');
  const error = useSignal<string | undefined>(undefined);
  const making = useSignal<readonly [done: number, total: number] | undefined>(undefined);
  const controller = useRef<AbortController>(undefined);
  const classes = newClasses.value;
  const make = async (): Promise<void> => {
    error.value = undefined;
    const { signal } = (controller.current = new AbortController());
    making.value = [0, 1];
    try {
      const engine = await whenReady();
      const filled = classes.map((each) => ({
        name: each.name,
        uploads: each.pictures.map(({ upload }) => upload),
      }));
      const progress = (done: number, total: number): void => {
        making.value = [done, total];
      };
      chosenData.value = await engine.call('makeData', [{ name: name.value, classes: filled }], {
        signal,
        on: { progress },
      });
      itemsVersion.value++;
      newClasses.value = [];
      forgetRefusals();
      onMade();
    } catch (thrown) {
      if (!signal.aborted) error.value = messageOf(thrown);
    }
    making.value = undefined;
  };
  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Add pictures of your own</h2>
      <DropZone label="Drop a folder for each class here, or pictures of one class" onFiles={takeDropped} />
      <Progress />
      <Refused />
      <div class="cards">
        {classes.map((each) => (
          <ClassCard key={each.key} of={each} />
        ))}
      </div>
      <p class="row">
        <button type="button" onClick={() => classNamed(freeName())}>
          Add a class
        </button>
        {classes.length > 0 && (
          <>
            <label for={`${id}-name`}>Name of these pictures</label>
            <input
              id={`${id}-name`}
              type="text"
              value={name.value}
              onInput={(event) => {
                name.value = event.currentTarget.value;
              }}
            />
            <button
              type="button"
              class="main"
              disabled={uploading.value.of > 0 || making.value !== undefined}
              onClick={() => void make()}
            >
              Use these pictures
            </button>
          </>
        )}
      </p>
      {making.value !== undefined && (
        <p class="row">
          <progress max={making.value[1]} value={making.value[0]} aria-label="Pictures put away" />
          <button type="button" onClick={() => controller.current?.abort()}>
            Cancel
          </button>
        </p>
      )}
      {error.value !== undefined && <p role="alert">{error.value}</p>}
    </section>
  );
}

/** How far pictures are taken in, and a button that ends it. */
function Progress(): JSX.Element {
  const { done, of, waiting } = uploading.value;
  return (
    <div class="row">
      <p role="status">
        {of > 0 && `Taking in pictures: ${count(done)} of ${count(of)}`}
        {of > 0 && waiting && '. It goes on when the studio is back.'}
      </p>
      {of > 0 && (
        <>
          <progress max={of} value={done} aria-label="Pictures taken in" />
          <button type="button" onClick={stopUploading}>
            Take in no more
          </button>
        </>
      )}
    </div>
  );
}

function Refused(): JSX.Element | null {
  if (refused.value.length === 0) return null;
  return (
    <div role="alert">
      <p>Left out; the others are there:</p>
      <ul>
        {refused.value.map((line, at) => (
          <li key={at}>{line}</li>
        ))}
      </ul>
    </div>
  );
}
