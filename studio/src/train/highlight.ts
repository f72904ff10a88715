import { signal } from '@preact/signals';

/** The place of the run that the pointer or the keyboard is on in the legend: the others step back. */
export const highlighted = signal<number | undefined>(undefined);

/** Lets the marks of all runs but one step back. */
export function showHighlighted(within: ParentNode, place: number | undefined): void {
  for (const mark of within.querySelectorAll('.run-mark')) {
    mark.classList.toggle('is-behind', place !== undefined && !mark.classList.contains(`run-mark-${place}`));
  }
}
