import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { PictureView } from '../parts/picture.tsx';
import { CameraToggle } from './camera-toggle.tsx';
import { DropZone } from './drop-zone.tsx';
import type { Dropped } from './dropped.ts';
import { changeClass, newClasses, removeClass, type NewClass } from './state.ts';
import { takeDropped, uploading } from './upload.ts';

/** Pictures that are shown of a class; all are used. */
const mostShown = 24;

/** A class that is being made: its name, its pictures, and ways to add more. */
export function ClassCard({ of }: { readonly of: NewClass }): JSX.Element {
  const id = useId();
  const { key, name, pictures } = of;
  const add = (dropped: Dropped): void => {
    takeDropped(dropped, key);
  };
  const isTwice = newClasses.value.some((each) => each.key !== key && each.name.trim() === name.trim());
  const problem =
    name.trim() === ''
      ? 'Give it a name.'
      : isTwice
        ? 'Another class has this name: change one of them.'
        : '';
  // While many come in, the first stay: each of the last would be shown for a moment only.
  const shown = uploading.value.of > mostShown ? pictures.slice(0, mostShown) : pictures.slice(-mostShown);
  return (
    <section class="card" aria-label={`Class ${name}`}>
      <p class="row">
        <label for={id}>Class</label>
        <input
          id={id}
          type="text"
          value={name}
          maxLength={100}
          aria-invalid={problem !== ''}
          aria-describedby={`${id}-problem`}
          onInput={({ currentTarget }) => {
            changeClass(key, (each) => ({ ...each, name: currentTarget.value }));
          }}
        />
        <button
          type="button"
          onClick={() => {
            removeClass(key);
          }}
        >
          Remove {name}
        </button>
      </p>
      <p id={`${id}-problem`} class="problem">
        {problem}
      </p>
      <p>
        {pictures.length} {pictures.length === 1 ? 'picture' : 'pictures'}
        {pictures.length > mostShown && `, ${mostShown} of them shown`}
      </p>
      <ul class="pictures">
        {shown.map(({ upload, file }) => (
          <li key={upload}>
            <PictureView picture={{ upload }} name={file.name} side={96} />
          </li>
        ))}
      </ul>
      <DropZone label={`Drop pictures of ${name} here`} onFiles={add} />
      <CameraToggle
        onPicture={(file) => {
          add({ files: [{ file, folder: undefined }], failed: [] });
        }}
      />
    </section>
  );
}
