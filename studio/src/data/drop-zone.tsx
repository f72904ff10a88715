import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { chosenFiles, filesOf, type Dropped } from './dropped.ts';

interface DropZoneProps {
  readonly label: string;
  readonly onFiles: (dropped: Dropped) => void;
}

/** Where files and folders are dropped, or chosen by buttons. */
export function DropZone({ label, onFiles }: DropZoneProps): JSX.Element {
  const over = useSignal(false);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    // No attribute that types of JSX know.
    if (folder.current !== null) folder.current.webkitdirectory = true;
  }, []);
  const take = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }): void => {
    onFiles({ files: chosenFiles(currentTarget.files), failed: [] });
    // The same files may be chosen again.
    currentTarget.value = '';
  };
  return (
    <div
      class={over.value ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => {
        over.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        if (event.dataTransfer !== null) void filesOf(event.dataTransfer).then(onFiles);
      }}
    >
      <p>{label}</p>
      <p class="row">
        <button type="button" onClick={() => files.current?.click()}>
          Choose pictures
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          Choose a folder
        </button>
      </p>
      <input ref={files} hidden type="file" multiple accept="image/*" aria-label={label} onChange={take} />
      <input ref={folder} hidden type="file" aria-label={`${label}, a folder`} onChange={take} />
    </div>
  );
}
