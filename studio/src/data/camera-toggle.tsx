import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Camera } from './camera.tsx';

/** A button that opens the camera and closes it, and the camera while it is open. */
export function CameraToggle({ onPicture }: { readonly onPicture: (file: File) => void }): JSX.Element {
  const filming = useSignal(false);
  return (
    <>
      <p>
        <button
          type="button"
          aria-expanded={filming.value}
          onClick={() => {
            filming.value = !filming.value;
          }}
        >
          {filming.value ? 'Close the camera' : 'Use the camera'}
        </button>
      </p>
      {filming.value && <Camera onPicture={onPicture} />}
    </>
  );
}
