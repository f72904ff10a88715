import { passOver } from '../base/errors.ts';
import { nextTask } from '../base/next-task.ts';
import { checkKind, record } from '../base/options.ts';
import { checkDataset } from './arguments.ts';
import { decoderOf } from './decode.ts';
import { isEncoded } from './file-source.ts';
import { openDataKind, type OpenData } from './open-data.ts';
import type { PicturePlatform } from './picture-platform.ts';
import { fitPicture } from './pipeline.ts';
import { checkPreprocessing, defaultPreprocessing, type Preprocessing } from './preprocessing.ts';
import type { PictureDataset } from './source.ts';
import { withChannels } from './transforms/grey.ts';

export interface ChannelStatistics {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Pixels that are looked at before everything else that waits has its turn. */
const pixelsAtATime = 2 ** 20;

/** Pixels that are enough, unless these are fewer than 64 pictures. */
const enough = 2 ** 30;

/**
 * Mean and standard deviation of every channel in [0, 1], over the pixels that the network will see, from at most
 * `limit` samples spread evenly over the dataset. Pictures that cannot be decoded are passed over. Rounded to four
 * digits, as the published ones are.
 */
export async function channelStatistics(
  dataset: PictureDataset,
  preprocessing: Preprocessing,
  limit: number | undefined,
  platform: PicturePlatform,
): Promise<ChannelStatistics> {
  checkDataset('channelStatistics', dataset);
  const { known } = dataset;
  if (known) return channelStatistics(known, preprocessing, limit, platform);
  const { channels } = checkPreprocessing('channelStatistics', preprocessing);
  const decode = decoderOf(dataset.source, platform);
  const [height, width] = preprocessing.size;
  const affordable = Math.max(64, Math.floor(enough / (height * width)));
  const usual = isEncoded(dataset.source) ? 400 : 10_000;
  const samples = Math.min(limit ?? usual, affordable, dataset.length);
  // Whole numbers below 2⁵³, so the order of the additions does not matter.
  const sums = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  let pixels = 0;
  let pause = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < samples) {
      // Pictures in memory are there at once, and would keep everything else waiting.
      if (pixels >= pause) {
        pause = pixels + pixelsAtATime;
        await nextTask();
      }
      const index = Math.floor((next++ * dataset.length) / samples);
      const fitted = await decode(index)
        .then((picture) => fitPicture(picture, preprocessing))
        .catch(passOver(undefined));
      if (!fitted) continue;
      const { data } = withChannels(fitted, channels);
      for (let i = 0; i < data.length; i++) {
        const value = data[i];
        sums[i % channels] += value;
        squares[i % channels] += value * value;
      }
      pixels += data.length / channels;
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));

  if (pixels === 0) return { mean: sums.map(() => 0.5), std: sums.map(() => 0.25) };
  const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
  const deviation = (c: number): number => {
    const mean = sums[c] / pixels;
    return Math.sqrt(Math.max(0, squares[c] / pixels - mean * mean)) / 255;
  };
  return {
    mean: sums.map((sum) => rounded(sum / pixels / 255)),
    // A channel without any variation is only shifted.
    std: sums.map((_, c) => rounded(deviation(c)) || 1),
  };
}

export interface FitPreprocessingOptions {
  /** Channels of the network's input. Default: the data's. */
  readonly channels?: 1 | 3 | undefined;
  readonly imageSize?: number | undefined;
  readonly cropShare?: number | undefined;
  readonly interpolation?: Preprocessing['interpolation'] | undefined;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}

/**
 * The preprocessing that fits opened data: its size as `defaultPreprocessing` has it, its mean and standard deviation
 * measured on the training pictures unless they are given.
 */
export async function fitPreprocessing(
  data: OpenData,
  options: FitPreprocessingOptions,
  platform: PicturePlatform,
): Promise<Preprocessing> {
  checkKind('fitPreprocessing', 'the data', data, openDataKind);
  checkKind('fitPreprocessing', 'the options', options, record);
  const { channels = data.channels, imageSize, cropShare, interpolation } = options;
  const { mean = data.statistics?.mean, std = data.statistics?.std } = options;
  const base = { channels, imageSize, cropShare, interpolation, pictureSize: data.pictureSize };
  const unit = new Array<number>(channels).fill(1);
  const raw = defaultPreprocessing({ ...base, mean: mean ?? unit, std: std ?? unit });
  const dataset = data.train ?? data.val ?? data.test;
  if ((mean && std) || !dataset) return raw;
  const measured = await channelStatistics(dataset, raw, undefined, platform);
  return { ...raw, mean: [...(mean ?? measured.mean)], std: [...(std ?? measured.std)] };
}
