import { messageOf, UsageError } from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import type { Rng } from '../../base/rng.ts';
import type { Picture } from '../dataset.ts';
import { checkBytes } from './own-samples.ts';

/**
 * An augmentation of a program's own: gives another picture, of any size, or the same. What it draws from `rng` depends on (seed, epoch,
 * index) alone, so a run that goes on gets the pictures that it would have got. It runs in the program's own thread.
 */
export type AugmentFunction = (picture: Picture, rng: Rng) => Picture | Promise<Picture>;

/** Calls it for a picture, of which `where` says which it is. Throws a `UsageError` if it throws, or gives no picture. */
export async function augmented(
  augment: AugmentFunction,
  picture: Picture,
  rng: Rng,
  where: string,
): Promise<Picture> {
  let given: unknown;
  try {
    given = await augment(picture, rng);
  } catch (error) {
    throw new UsageError(`augment: it threw for ${where}: ${shortened(messageOf(error), 500)}`, {
      cause: error,
    });
  }
  return checkBytes(given, `augment: what it gave for ${where}`);
}
