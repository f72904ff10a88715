import * as z from 'zod/mini';
import type { Handlers } from '../../base/channel/service.ts';
import { CardinalError } from '../../base/errors.ts';
import { howToRaise } from '../../data/picture-limits.ts';
import { augmentationSchema } from '../../data/preprocessing.ts';
import { leftOutLine } from '../../data/left-out.ts';
import type { OpenData } from '../../data/open-data.ts';
import type { PictureDataset } from '../../data/source.ts';
import { pictureOf, shrunk } from '../pictures.ts';
import type { StudioPlatform } from '../platform.ts';
import { argument, id, pictureRef, split, whole } from '../schemas.ts';
import type { SplitName } from '../refs.ts';
import { augmented } from './augment.ts';
import { checkData } from './check.ts';
import { tooLarge } from './limits.ts';
import { made, requireClasses } from './made.ts';
import type { DataCalls, DataDescription, ListedPicture } from './service.ts';

const ofData = z.strictObject({ data: id });
const query = z.strictObject({
  data: id,
  split,
  label: z.optional(whole(0, 2 ** 31)),
  from: whole(0, 2 ** 31),
  count: whole(1, 10_000),
});
const shown = z.strictObject({ picture: pictureRef, side: z.optional(whole(1, 4096)) });
const augmentQuery = z.strictObject({
  picture: pictureRef,
  augmentation: augmentationSchema,
  size: whole(8, 1024),
  count: whole(1, 64),
  seed: z.optional(whole(0, Number.MAX_SAFE_INTEGER)),
});
const uploaded = z.strictObject({
  name: z.string().check(z.maxLength(1000)),
  bytes: z.instanceof(Uint8Array),
});

/** Answers of the room Data. */
export function dataHandlers(platform: StudioPlatform): Handlers<DataCalls> {
  return {
    describeData: async (args) => {
      const { data } = argument('describeData', ofData, args);
      const items = await platform.items();
      const item = items.find((each) => each.id === data);
      return descriptionOf(data, item?.name ?? data, await platform.data(data));
    },
    listPictures: async (args) => {
      const { data, split, label, from, count } = argument('listPictures', query, args);
      const dataset = splitOf(await platform.data(data), split);
      return listed(dataset, { label, from, count });
    },
    picture: async (args) => {
      const { picture, side } = argument('picture', shown, args);
      return shrunk(await pictureOf(platform, picture), side);
    },
    augment: async (args) => {
      const { picture, ...how } = argument('augment', augmentQuery, args);
      return augmented(await pictureOf(platform, picture), how);
    },
    checkData: async (args, { signal, tell }) => {
      const { data } = argument('checkData', ofData, args);
      return checkData(await platform.data(data), platform, {
        signal,
        onProgress: (done, total) => {
          tell('progress', done, total);
        },
      });
    },
    upload: async (args) => {
      const { name, bytes } = argument('upload', uploaded, args);
      const refusal = tooLarge(bytes.length);
      if (refusal !== undefined) throw new CardinalError(`cannot read ${name}: ${refusal}`);
      try {
        return await platform.upload(name, bytes);
      } catch (error) {
        // Its flag is of the command line.
        throw error instanceof CardinalError && error.message.includes(howToRaise)
          ? new CardinalError(error.message.replace(howToRaise, ': make it smaller'), { cause: error })
          : error;
      }
    },
    makeData: (args, { signal, tell }) => {
      const { name, classes } = argument('makeData', made, args);
      requireClasses(classes);
      return platform.makeData(name, classes, {
        signal,
        onProgress: (done, total) => {
          tell('progress', done, total);
        },
      });
    },
  };
}

function descriptionOf(id: string, name: string, data: OpenData): DataDescription {
  const { classes, leftOut, valHeldOut } = data;
  const splits: Partial<Record<SplitName, readonly number[]>> = {};
  for (const split of ['train', 'val', 'test'] as const) {
    const dataset = data[split];
    if (dataset === undefined) continue;
    const counts = new Array<number>(classes.length).fill(0);
    for (const label of dataset.labels) counts[label]++;
    splits[split] = counts;
  }
  const task =
    [data.train, data.val, data.test].find((each) => each !== undefined)?.targets?.task ?? 'classes';
  return { id, name, classes, splits, valHeldOut, leftOut: leftOutLine(leftOut), task };
}

/** The pictures of a split. Throws a `CardinalError` if there are none. */
export function splitOf(data: OpenData, split: SplitName): PictureDataset {
  const dataset = data[split];
  if (dataset !== undefined) return dataset;
  const there = (['train', 'val', 'test'] as const).filter((each) => data[each] !== undefined);
  throw new CardinalError(`${data.path} has no ${split} pictures: it has ${there.join(', ')}`);
}

function listed(
  dataset: PictureDataset,
  {
    label,
    from,
    count,
  }: { readonly label?: number | undefined; readonly from: number; readonly count: number },
): ListedPicture[] {
  const found: ListedPicture[] = [];
  let at = 0;
  for (let index = 0; index < dataset.length && found.length < count; index++) {
    const own = dataset.labels[index];
    if (label !== undefined && own !== label) continue;
    if (at++ >= from) found.push({ index, label: own, name: dataset.id(index) });
  }
  return found;
}
