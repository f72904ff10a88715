import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { whenReady } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { ClassCard } from './class-card.tsx';
import { DropZone } from './drop-zone.tsx';
import { chosenData, classNamed, freeName, itemsVersion, newClasses, refused, uploading } from './state.ts';
import { uploadAll } from './upload.ts';

/** Makes data of a visitor's own pictures: drop folders, or name classes and fill them. */
export function Collect(): JSX.Element {
  const id = useId();
  const name = useSignal('my pictures');
  const error = useSignal<string | undefined>(undefined);
  const classes = newClasses.value;
  const { done, of } = uploading.value;
  const make = async (): Promise<void> => {
    error.value = undefined;
    try {
      const engine = await whenReady();
      const filled = classes.map((each) => ({
        name: each.name,
        uploads: each.pictures.map(({ upload }) => upload),
      }));
      chosenData.value = await engine.call('makeData', [{ name: name.value, classes: filled }]);
      itemsVersion.value++;
      newClasses.value = [];
      refused.value = [];
    } catch (thrown) {
      error.value = messageOf(thrown);
    }
  };
  return (
    <section aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Add pictures of your own</h2>
      <DropZone
        label="Drop a folder for each class here, or pictures of one class"
        onFiles={(files) => void uploadAll(files)}
      />
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
            <button type="button" class="main" disabled={of > 0} onClick={() => void make()}>
              Use these pictures
            </button>
          </>
        )}
      </p>
      <p role="status">{of > 0 && `Taking in pictures: ${done} of ${of}`}</p>
      {error.value !== undefined && <p role="alert">{error.value}</p>}
      {refused.value.length > 0 && (
        <div role="alert">
          <p>Left out:</p>
          <ul>
            {refused.value.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
