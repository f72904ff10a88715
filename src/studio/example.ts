import { CardinalError } from '../base/errors.ts';

/** What the run is called that comes with the studio, so that there is one before a visitor has trained any. */
export const exampleName = 'Example';

/** Refuses to change it. */
export function exampleStays(): CardinalError {
  return new CardinalError(
    `${exampleName} came with the studio and stays as it is: train a run of your own in the room Train, on the same pictures if you like`,
  );
}
