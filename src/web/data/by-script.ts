import { messageOf, ShortageError } from '../../base/errors.ts';
import { loadOnDemand } from '../on-demand.ts';
import type * as script from '../pictures.ts';

/** What decodes PNG, BMP and PPM, loaded at the first such picture. Throws a `ShortageError` if it cannot be had: no fault of the picture. */
export async function pictureScript(url: string): Promise<typeof script> {
  try {
    return (await loadOnDemand(url)) as typeof script;
  } catch (error) {
    throw new ShortageError(`${url}, which decodes such pictures, cannot be loaded: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
