import type { OpenData } from '../../data/open-data.ts';
import type { PictureRecord } from '../../data/picture-record.ts';
import * as portable from '../../data/record-pictures.ts';
import { nodePictures } from './pictures.ts';

/**
 * Which pictures training on this data uses, for checkpoints. Names are hashed and some pictures are read, wherever they
 * lie: a fraction of a second for tens of thousands.
 */
export function recordOf(data: OpenData): Promise<PictureRecord> {
  return portable.recordOf(data, nodePictures);
}
