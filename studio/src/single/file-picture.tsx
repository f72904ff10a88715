import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A picture file as the browser shows it; some that can be classified it cannot show. */
export function FilePicture({ file }: { readonly file: File }): JSX.Element {
  const [url] = useState(() => URL.createObjectURL(file));
  const isShown = useSignal(true);
  useEffect(
    () => () => {
      URL.revokeObjectURL(url);
    },
    [url],
  );
  if (!isShown.value) {
    return (
      <span class="pixels" role="img" aria-label={`${file.name}, which this browser cannot show`}>
        ?
      </span>
    );
  }
  return (
    <img
      class="pixels"
      src={url}
      alt={file.name}
      onError={() => {
        isShown.value = false;
      }}
    />
  );
}
