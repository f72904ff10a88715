import { basename } from 'node:path';
import { CardinalError } from '../../base/errors.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { PictureDataset } from '../../data/source.ts';
import { balancedSubset } from '../../data/split.ts';
import { count } from '../../report/format.ts';
import type { PicturesAtHand } from '../../study/plan.ts';
import type { TrainingSetting } from '../../study/study.ts';
import { openData } from '../data/open.ts';
import type { OpenData } from '../../data/open-data.ts';
import { fitPreprocessing } from '../data/channel-statistics.ts';
import { trainingPictures } from '../../train/loaders.ts';

/** The pictures of a training study, the same for all of its runs. */
export interface StudyPictures {
  /** Those to train on, and as `val` those for the curves. */
  readonly data: OpenData;
  /** Those that a run is evaluated on in the end. */
  readonly test: PictureDataset;
  readonly preprocessing: Preprocessing;
  readonly atHand: PicturesAtHand;
  /** For the page. */
  readonly description: string;
}

/** Which pictures are drawn where a study takes a part of them. All its runs see the same. */
const drawn = 0;

/**
 * Opens pictures for a study. Its runs are evaluated on the test pictures, or on the validation pictures where there are no others, or
 * on a tenth held out. Throws a `CardinalError` if the data cannot be read or has nothing to train on.
 */
export async function openStudyPictures(
  path: string,
  setting: TrainingSetting,
  limits: PictureLimitOptions = {},
): Promise<StudyPictures> {
  let opened = await openData(path, { valFraction: 0, ...limits });
  if ((opened.test ?? opened.val) === undefined)
    opened = await openData(path, { valFraction: 0.1, seed: drawn, ...limits });
  const train = trainingPictures(opened);
  const test = opened.test ?? opened.val;
  if (test === undefined)
    throw new CardinalError(`${path} has too few pictures to hold some out to evaluate on`);
  const { trainPictures = Infinity, curvePictures = Infinity, imageSize, pictures } = setting;
  const part = balancedSubset(train, trainPictures, drawn);
  const curve = balancedSubset(test, curvePictures, drawn);
  const size = imageSize ?? (opened.pictureSize === undefined ? pictures.size : undefined);
  const data = { ...opened, train: part, val: curve };
  const preprocessing = await fitPreprocessing(data, { channels: 3, imageSize: size });
  const kind = opened.test === undefined ? (opened.valHeldOut ? 'held-out' : 'validation') : 'test';
  return {
    data,
    test,
    preprocessing,
    atHand: {
      train: train.length,
      test: test.length,
      classes: data.classes.length,
      size: preprocessing.size[0],
    },
    description:
      `${basename(path)}: trained on ${share(part, train)} pictures, ` +
      `evaluated on ${count(test.length)} ${kind} pictures${curve === test ? '' : ` (the curves on ${count(curve.length)} of them)`}`,
  };
}

function share(part: PictureDataset, whole: PictureDataset): string {
  return part === whole ? count(whole.length) : `${count(part.length)} of ${count(whole.length)}`;
}
