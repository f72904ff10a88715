import { CardinalError, UsageError } from '../base/errors.ts';
import { adaptStatistics } from '../data/in-channels.ts';
import {
  defaultPreprocessing,
  imagenetStatistics,
  withImageSize,
  type Preprocessing,
} from '../data/preprocessing.ts';
import { listModels, modelInfo } from '../models/registry.ts';
import type { OpenData } from '../data/open-data.ts';
import type { PicturePlatform } from '../data/picture-platform.ts';
import { requirePerChannel } from './per-channel.ts';
import type { Trained } from './trained.ts';

/** Settings given beside the weights for how pictures become inputs. */
export interface Wanted {
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
  /** Side of the square input. */
  readonly imageSize?: number | undefined;
}

/** Pictures that may be measured, and what reads them. */
export interface Measurable {
  readonly data: OpenData;
  readonly platform: PicturePlatform;
}

/** What is known of the network: how its pictures were prepared, if at all, their channels, and its name. */
export type Preparable = Pick<Trained, 'preprocessing' | 'channels' | 'adapted' | 'description'>;

/** A preprocessing, and a line for the user where it had to be guessed. */
export interface Prepared {
  readonly preprocessing: Preprocessing;
  readonly note: string | undefined;
}

/**
 * How pictures become a trained network's inputs: as its weights or their repository say, changed by what is `wanted`. Where
 * nothing is said, pictures are brought to the size that the network was designed for (those of one size in `measurable`
 * are taken as they are) and prepared as the network's published weights expect it: as the registry says, or bilinear and
 * with ImageNet's mean and standard deviation; grey ones with those measured on them. Throws a `CardinalError` if grey
 * pictures have no data to measure.
 */
export async function prepareFor(
  { preprocessing, channels, adapted = false, description }: Preparable,
  { mean, std, imageSize }: Wanted,
  measurable?: Measurable,
): Promise<Prepared> {
  // Before anything is measured with them.
  requirePerChannel({ channels, mean, std });
  if (channels !== 1 && channels !== 3) {
    throw new UsageError(
      `${description.name}: pictures have 1 or 3 channels, got a network of ${channels}: cardinal run (in a program, compile) takes raw tensors`,
    );
  }
  const info = listModels().includes(description.name)
    ? modelInfo(description.name, description.options)
    : undefined;
  if (preprocessing !== undefined) {
    const likely = info?.pictures === undefined ? [] : [info.pictures.cropShare];
    const sized = imageSize === undefined ? preprocessing : withImageSize(preprocessing, imageSize, likely);
    const statistics = { mean: [...(mean ?? preprocessing.mean)], std: [...(std ?? preprocessing.std)] };
    return { preprocessing: { ...sized, ...statistics }, note: undefined };
  }
  const pictures = channels === 3 || adapted ? info?.pictures : undefined;
  const published = channels === 3 || adapted ? (pictures ?? imagenetStatistics) : undefined;
  const assumed = published === undefined ? undefined : adaptStatistics(published, channels);
  const { cropShare, interpolation } = pictures ?? {};
  const statistics = { mean: mean ?? assumed?.mean, std: std ?? assumed?.std };
  const note =
    mean !== undefined && std !== undefined
      ? undefined
      : `the weights do not say how their pictures were normalised: ${whose(assumed === undefined, pictures !== undefined)}; set them with \`preprocessing\``;
  const designed = info?.inputShape[1];
  if (measurable !== undefined) {
    const { data, platform } = measurable;
    // Loaded when it is needed, with what decodes pictures.
    const { fitPreprocessing } = await import('../data/channel-statistics.ts');
    const size = imageSize ?? (data.pictureSize === undefined ? designed : undefined);
    return {
      preprocessing: await fitPreprocessing(
        data,
        { channels, imageSize: size, cropShare, interpolation, ...statistics },
        platform,
      ),
      note,
    };
  }
  if (statistics.mean === undefined || statistics.std === undefined) {
    throw new CardinalError(
      'the weights do not say how their grey pictures were normalised: give `preprocessing`',
    );
  }
  const side = imageSize ?? designed;
  return {
    preprocessing: defaultPreprocessing({
      channels,
      // Thumbnails are whole pictures, not the middle of larger ones.
      pictureSize: side !== undefined && side < 100 ? [side, side] : undefined,
      ...{ imageSize: side, cropShare, interpolation },
      mean: statistics.mean,
      std: statistics.std,
    }),
    note,
  };
}

function whose(measured: boolean, published: boolean): string {
  if (measured) return 'measured on these';
  return published ? 'the mean and std of the published ones are used' : "ImageNet's mean and std are used";
}
