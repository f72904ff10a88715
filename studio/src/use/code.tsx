import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';

/** Code with a button that copies it. */
export function Code({ title, text }: { readonly title: string; readonly text: string }): JSX.Element {
  const said = useSignal('');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      said.value = 'Copied.';
    } catch {
      said.value = 'The browser does not let this page copy: mark the text and copy it yourself.';
    }
  };
  return (
    <figure class="code">
      <figcaption class="row">
        {title}
        <button type="button" aria-label={`Copy: ${title}`} onClick={() => void copy()}>
          Copy
        </button>
        <span role="status">{said}</span>
      </figcaption>
      <pre tabIndex={0} aria-label={title}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
