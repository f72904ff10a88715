import { CardinalError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import type { Picture } from '../../data/dataset.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { StudioPlatform } from '../platform.ts';
import { differences, fewBitsApart, groupsOf } from './alike.ts';
import type { DataCheck } from './service.ts';

type Found = DataCheck['broken'][number]['picture'];

/** Broken pictures that are listed, and groups of those that are alike. */
const mostListed = 1000;

/**
 * Reads every picture of some data: which cannot be decoded, which look alike, and mean and deviation of the training pictures' channels,
 * each picture counted alike whatever its size. Rejects with the signal's reason once that is aborted.
 */
export async function checkData(
  data: OpenData,
  platform: Pick<StudioPlatform, 'readPicture'>,
  {
    signal,
    onProgress,
  }: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
): Promise<DataCheck> {
  const splits = (['train', 'val', 'test'] as const).flatMap((split) => {
    const dataset = data[split];
    return dataset === undefined ? [] : [{ split, dataset }];
  });
  const total = splits.reduce((sum, { dataset }) => sum + dataset.length, 0);
  const broken: DataCheck['broken'][number][] = [];
  const pictures: Found[] = [];
  const hashes: bigint[] = [];
  const moments = new Moments();
  let done = 0;
  for (const { split, dataset } of splits) {
    for (let index = 0; index < dataset.length; index++) {
      signal.throwIfAborted();
      const found: Found = { split, index, label: dataset.labels[index], name: dataset.id(index) };
      try {
        const picture = await platform.readPicture(dataset, index);
        if (split === 'train') moments.add(picture);
        pictures.push(found);
        hashes.push(differences(picture));
      } catch (error) {
        if (!(error instanceof CardinalError)) throw error;
        if (broken.length < mostListed) broken.push({ picture: found, reason: error.message });
      }
      if (++done % 25 === 0) {
        onProgress(done, total);
        await nextTask();
      }
    }
  }
  onProgress(total, total);
  const groups = await groupsOf(hashes, fewBitsApart, signal);
  const alike = groups.slice(0, mostListed).map((group) => group.map((index) => pictures[index]));
  return { pictures: total, broken, alike, ...moments.result() };
}

/** Means and mean squares of channels, picture by picture. Grey pictures count as three equal channels where others have three. */
class Moments {
  readonly #sums = [0, 0, 0];
  readonly #squares = [0, 0, 0];
  #count = 0;
  #channels = 1;

  add({ data, channels }: Picture): void {
    this.#count++;
    this.#channels = Math.max(this.#channels, channels);
    const pixels = data.length / channels;
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      let squares = 0;
      for (let at = channels === 3 ? channel : 0; at < data.length; at += channels) {
        sum += data[at];
        squares += data[at] ** 2;
      }
      this.#sums[channel] += sum / pixels;
      this.#squares[channel] += squares / pixels;
    }
  }

  result(): Pick<DataCheck, 'mean' | 'std'> {
    const count = Math.max(1, this.#count);
    const channels = Array.from({ length: this.#channels }, (_, channel) => {
      const mean = this.#sums[channel] / count;
      return {
        mean: mean / 255,
        std: Math.sqrt(Math.max(0, this.#squares[channel] / count - mean ** 2)) / 255,
      };
    });
    return { mean: channels.map(({ mean }) => mean), std: channels.map(({ std }) => std) };
  }
}
