import { described } from '../../base/described.ts';
import { UsageError } from '../../base/errors.ts';
import { anything, checkOptions, finite, isPlain, text, wholeFrom, type Kinds } from '../../base/options.ts';
import { withHeldOut } from '../open-folder.ts';
import type { OpenData } from '../open-data.ts';
import type { PictureDataset } from '../source.ts';
import { KeptPictures } from './kept-pictures.ts';
import { checkSample, type OwnSample } from './own-samples.ts';
import { keepStream, openStream, type OwnStream } from './own-stream.ts';
import { addTensor, isTensor, type OwnTensor } from './own-tensor.ts';

/** Labelled pictures of a program: kept ones, a tensor of them, or what begins a stream of them for each epoch. */
export type OwnPictures = Iterable<OwnSample> | AsyncIterable<OwnSample> | OwnTensor | OwnStream;

/** Pictures of a program's own, and what their classes are called. */
export interface OwnDataOptions {
  /** Names of the classes; a label is an index into them, or one of them. */
  readonly classes: readonly string[];
  /** Pictures to train on. */
  readonly train?: OwnPictures | undefined;
  /** Pictures to validate on, and to test on at the end. They are kept in memory, those of a stream too. */
  readonly val?: OwnPictures | undefined;
  readonly test?: OwnPictures | undefined;
  /** What messages and reports call the data. Default `own pictures`. */
  readonly name?: string | undefined;
  /** Share of every class that is held out of kept training pictures, if there is no `val`. Default 0.1; 0: none. */
  readonly valFraction?: number | undefined;
  /** Decides which pictures are held out, and is the seed of streams that are read now. Default 0. */
  readonly seed?: number | undefined;
}

/** Pictures of an epoch of a stream at most: their indices are 32-bit, and the classes of all are kept. */
const mostStreamed = 2 ** 31 - 1;

const kinds: Kinds<OwnDataOptions> = {
  classes: {
    expected: 'an array of different texts that are not empty',
    is: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((name) => text.is(name)) &&
      new Set(value).size === value.length,
  },
  train: anything,
  val: anything,
  test: anything,
  name: text,
  valFraction: {
    expected: 'a number of at least 0 and less than 1',
    is: (value) => typeof value === 'number' && value >= 0 && value < 1,
  },
  seed: finite,
};

/**
 * Pictures of a program's own as `openData` gives those of a folder: for `trainOn`, `createLoader`, `evaluate` and whatever else takes such
 * data.
 *
 *     const data = await ownData({ classes: ['circle', 'square'], train: samples, val: { length: 200, stream: drawn } });
 *
 * What can be iterated over is read now and kept, four gigabytes at most. What `train: { length, stream }` begins is read
 * epoch by epoch while training goes on, in the thread of the program.
 *
 * @throws UsageError in one line that names the picture, if one has wrong sizes, a number that is not finite, or no class of these; if a
 * stream throws or ends early
 */
export async function ownData(options: OwnDataOptions): Promise<OpenData> {
  checkOptions('ownData', options, kinds, ['classes']);
  const { name = 'own pictures', valFraction, seed = 0 } = options;
  const classes = [...options.classes];
  const opened = async (split: 'train' | 'val' | 'test'): Promise<PictureDataset | undefined> => {
    const given: unknown = options[split];
    if (given === undefined) return undefined;
    const title = `${split} of ${name}`;
    if (isStream(given, split)) {
      if (split === 'train') return openStream(split, title, given, classes, seed);
      const kept = new KeptPictures(split);
      await keepStream(kept, split, given, classes, seed);
      return kept.dataset(title, classes);
    }
    return (await keep(split, given, classes)).dataset(title, classes);
  };
  const [train, val, test] = [await opened('train'), await opened('val'), await opened('test')];
  if (!train && !val && !test)
    throw new UsageError('ownData: expected pictures in train, val or test, got none');
  const facts = factsOf([train, val, test]);
  const read = { kind: 'own', classes, leftOut: [], ...facts, train, val, test } as const;
  const isStreamed = train?.source.kind === 'stream';
  return withHeldOut(read, name, { seed, valFraction: isStreamed ? 0 : valFraction });
}

function isStream(given: unknown, split: string): given is OwnStream {
  if (!isPlain(given) || !('stream' in given)) return false;
  const { length, stream } = given;
  if (typeof stream === 'function' && wholeFrom(1).is(length) && Number(length) <= mostStreamed) return true;
  throw new UsageError(
    `ownData: ${split}: expected { length, stream }, a whole number from 1 to ${mostStreamed} and a function, got { length: ${described(length)}, stream: ${described(stream)} }`,
  );
}

/** Reads what can be iterated over, or a tensor. */
async function keep(split: string, given: unknown, classes: readonly string[]): Promise<KeptPictures> {
  const kept = new KeptPictures(split);
  if (isTensor(given)) {
    addTensor(kept, split, given, classes);
    return kept;
  }
  const isObject = typeof given === 'object' && given !== null;
  if (!isObject || !(Symbol.iterator in given || Symbol.asyncIterator in given)) {
    throw new UsageError(
      `ownData: expected ${split} to be an iterable of { picture, label }, { data, shape, labels } or { length, stream }, got ${described(given)}`,
    );
  }
  for await (const sample of given as Iterable<unknown> | AsyncIterable<unknown>) {
    kept.add(checkSample(sample, classes, `ownData: ${split}[${kept.length}]`));
  }
  return kept;
}

/** Channels and the common size of all pictures; of numbers, that they are taken as they are. */
function factsOf(
  splits: readonly (PictureDataset | undefined)[],
): Pick<OpenData, 'channels' | 'pictureSize' | 'statistics'> {
  const sources = splits.flatMap((dataset) =>
    dataset === undefined ? [] : [(dataset.known ?? dataset).source],
  );
  const memory = sources.filter((source) => source.kind === 'memory');
  const [first] = memory;
  const areAlike =
    memory.length === sources.length &&
    memory.every(
      ({ width, height, channels }) =>
        width === first.width && height === first.height && channels === first.channels,
    );
  const isColoured = sources.some((source) =>
    source.kind === 'files'
      ? source.paths.some((path) => path.endsWith('.ppm'))
      : source.kind === 'memory' && source.channels === 3,
  );
  const channels = isColoured ? 3 : 1;
  const areFloats = memory.some(({ floats }) => floats === true);
  const each = (value: number): number[] => new Array<number>(channels).fill(value);
  return {
    channels,
    pictureSize: areAlike ? [first.height, first.width] : undefined,
    ...(areFloats ? { statistics: { mean: each(0), std: each(1) } } : {}),
  };
}
