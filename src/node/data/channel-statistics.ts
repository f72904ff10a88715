import * as portable from '../../data/channel-statistics.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { PictureDataset } from '../../data/source.ts';
import { nodePictures } from './pictures.ts';

/**
 * Mean and standard deviation of every channel in [0, 1], over the pixels that the network will see, from at most
 * `limit` samples spread evenly over the dataset. Pictures that cannot be decoded are passed over. Rounded to four
 * digits, as the published ones are.
 */
export function channelStatistics(
  dataset: PictureDataset,
  preprocessing: Preprocessing,
  limit?: number,
): Promise<portable.ChannelStatistics> {
  return portable.channelStatistics(dataset, preprocessing, limit, nodePictures);
}

/**
 * The preprocessing that fits opened data: its size as `defaultPreprocessing` has it, its mean and standard deviation
 * measured on the training pictures unless they are given.
 */
export function fitPreprocessing(
  data: OpenData,
  options: portable.FitPreprocessingOptions = {},
): Promise<Preprocessing> {
  return portable.fitPreprocessing(data, options, nodePictures);
}
