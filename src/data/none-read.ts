import { CardinalError } from '../base/errors.ts';
import type { PictureDataset } from './source.ts';

/** What is thrown where not one picture of a dataset could be read; `first` is one of them. */
export function noneRead(
  { name, length }: Pick<PictureDataset, 'name' | 'length'>,
  first: { readonly id: string; readonly reason: string },
): CardinalError {
  return new CardinalError(
    `none of the ${length} pictures of ${name} could be read; ${first.id}: ${first.reason}`,
  );
}
