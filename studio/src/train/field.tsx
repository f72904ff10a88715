import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  /** What it does, in a sentence. */
  readonly about: string;
  readonly children: (control: { readonly id: string; readonly 'aria-describedby': string }) => JSX.Element;
}

/** A control with its name, and what it does below. */
export function Field({ label, about, children }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-about` })}
      <p id={`${id}-about`} class="hint">
        {about}
      </p>
    </div>
  );
}
