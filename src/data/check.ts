import { CardinalError, messageOf } from '../base/errors.ts';
import { checkDataset } from './arguments.ts';
import { decoderOf } from './decode.ts';
import { isEncoded } from './file-source.ts';
import { isTooLate } from './in-time.ts';
import { requireNothingMissed } from './left-out.ts';
import type { OpenData } from './open-data.ts';
import type { PicturePlatform } from './picture-platform.ts';
import type { SplitName } from './reader.ts';
import type { PictureDataset } from './source.ts';

export interface UnreadablePicture {
  readonly index: number;
  readonly id: string;
  readonly reason: string;
}

/**
 * Decodes every picture of a dataset, a few at a time on the decoder's own threads, and lists those that cannot be. These are
 * decoded once more, alone: a native decoder mixes up its messages where several pictures fail at once. What took too long is not.
 */
export async function checkPictures(
  dataset: PictureDataset,
  onProgress: ((done: number) => void) | undefined,
  platform: PicturePlatform,
): Promise<UnreadablePicture[]> {
  checkDataset('checkPictures', dataset);
  if (!isEncoded(dataset.source)) return [];
  const decode = decoderOf(dataset.source, platform);
  const failureOf = (index: number): Promise<string | undefined> =>
    decode(index).then(() => undefined, messageOf);
  const failures = new Map<number, string>();
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < dataset.length) {
      const index = next++;
      const reason = await failureOf(index);
      if (reason !== undefined) failures.set(index, reason);
      onProgress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  const unreadable: UnreadablePicture[] = [];
  for (const [index, first] of [...failures].sort(([a], [b]) => a - b)) {
    const reason = isTooLate(first) ? first : await failureOf(index);
    if (reason !== undefined) unreadable.push({ index, id: dataset.id(index), reason });
  }
  return unreadable;
}

/**
 * Throws a `CardinalError` if anything in these splits, or beside the splits, is left out and may be missed, or a picture
 * cannot be decoded. `datasets` are the pictures to decode, if not all of the splits.
 */
export async function requireAllRead(
  data: Pick<OpenData, 'path' | 'leftOut' | SplitName>,
  splits: readonly SplitName[],
  datasets: readonly (PictureDataset | undefined)[] | undefined,
  platform: PicturePlatform,
): Promise<void> {
  requireNothingMissed(data.path, data.leftOut, splits);
  for (const dataset of datasets ?? splits.map((split) => data[split])) {
    if (!dataset) continue;
    const unreadable = await checkPictures(dataset, undefined, platform);
    if (unreadable.length === 0) continue;
    const [first, ...others] = unreadable;
    const more = others.length > 0 ? ` (and ${others.length} more in ${lastPart(dataset.name)})` : '';
    throw new CardinalError(`${first.id} cannot be read: ${first.reason}${more}`);
  }
}

/** The last part of a path, of either separator. */
function lastPart(path: string): string {
  return /[^/\\]*(?=[/\\]*$)/.exec(path)?.[0] ?? path;
}
