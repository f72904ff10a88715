import type { ReadonlySignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { Answer } from './question.ts';

/** What an answer shows: how far it is, what went wrong, or what `children` make of it. */
export function Answered<T>({
  answer: { value: answer },
  what,
  children,
}: {
  readonly answer: ReadonlySignal<Answer<T>>;
  readonly what: string;
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element | null {
  if (answer.kind === 'none') return null;
  if (answer.kind === 'failed') {
    return (
      <p role="alert" class="inside-failed">
        {answer.message}
      </p>
    );
  }
  if (answer.kind === 'there') return <>{children(answer.value)}</>;
  return (
    <p aria-busy="true">
      {what} … {answer.of > 0 && <progress value={answer.done} max={answer.of} aria-label={what} />}
    </p>
  );
}
