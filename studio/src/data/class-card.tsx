import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { PictureView } from '../parts/picture.tsx';
import { CameraToggle } from './camera-toggle.tsx';
import { DropZone } from './drop-zone.tsx';
import { changeClass, removeClass, type NewClass } from './state.ts';
import { uploadAll } from './upload.ts';

/** Pictures that are shown of a class; all are used. */
const mostShown = 24;

/** A class that is being made: its name, its pictures, and ways to add more. */
export function ClassCard({ of }: { readonly of: NewClass }): JSX.Element {
  const id = useId();
  const { key, name, pictures } = of;
  const add = (files: readonly { readonly file: File }[]): void => {
    void uploadAll(
      files.map(({ file }) => ({ file, folder: undefined })),
      key,
    );
  };
  return (
    <section class="card" aria-label={`Class ${name}`}>
      <p class="row">
        <label for={id}>Class</label>
        <input
          id={id}
          type="text"
          value={name}
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
      <p>
        {pictures.length} {pictures.length === 1 ? 'picture' : 'pictures'}
        {pictures.length > mostShown && `, the last ${mostShown} shown`}
      </p>
      <ul class="pictures">
        {pictures.slice(-mostShown).map(({ upload, name: file }) => (
          <li key={upload}>
            <PictureView picture={{ upload }} name={file} side={96} />
          </li>
        ))}
      </ul>
      <DropZone label={`Drop pictures of ${name} here`} onFiles={add} />
      <CameraToggle
        onPicture={(file) => {
          add([{ file }]);
        }}
      />
    </section>
  );
}
