import type { OpenData } from '../data/open-data.ts';
import * as portable from '../use/prepare.ts';

/**
 * How pictures become a trained network's inputs: as the file or its repository records, changed by what is `wanted`.
 * Where neither records anything, as `use/prepare.ts` has it. Throws a `CardinalError` if grey pictures have no data
 * to measure.
 */
export async function prepareFor(
  network: portable.Preparable,
  wanted: portable.Wanted,
  data?: OpenData,
): Promise<portable.Prepared> {
  if (data === undefined) return portable.prepareFor(network, wanted);
  // Loaded when it is needed, with what decodes pictures.
  const { nodePictures } = await import('./data/pictures.ts');
  return portable.prepareFor(network, wanted, { data, platform: nodePictures });
}
