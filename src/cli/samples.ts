import type { Program } from '../backends/backend.ts';
import { Rng } from '../base/rng.ts';
import type { Picture } from '../data/dataset.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { subset, type PictureDataset } from '../data/source.ts';
import { createLoader } from '../node/data/loader.ts';
import { loadSharp } from '../node/sharp.ts';
import { readPicture } from '../node/data/decode.ts';
import type { SamplePrediction } from '../report/data.ts';
import { classify } from '../train/guess.ts';

/** Pictures looked at to find some that are taken for something else, and pictures shown. */
const looked = 400;
const shownWrong = 8;
const shown = 24;

/** Longest side of a picture in a report, in pixels. */
const thumbnailSide = 128;

/** Some pictures of a dataset with what the network takes them for: a third wrong ones, if there are so many. */
export async function samplePredictions(
  program: Program,
  dataset: PictureDataset,
  options: { readonly preprocessing: Preprocessing; readonly batchSize: number; readonly seed: number },
): Promise<SamplePrediction[]> {
  const { preprocessing, batchSize, seed } = options;
  const indices = Rng.of(seed, 'samples').permutation(dataset.length).slice(0, looked);
  const some = subset(dataset, indices, dataset.name);
  const loader = createLoader(some, { batchSize, preprocessing, training: false });
  const found: { index: number; label: number; top: SamplePrediction['top'] }[] = [];
  try {
    for await (const guess of classify(program, loader, 3)) found.push(guess);
  } finally {
    await loader.dispose();
  }
  const isWrong = ({ label, top }: (typeof found)[number]): boolean => top[0].label !== label;
  const wrong = found.filter(isWrong).slice(0, shownWrong);
  const right = found.filter((guess) => !isWrong(guess)).slice(0, shown - wrong.length);
  return Promise.all(
    [...wrong, ...right].map(async ({ index, label, top }) => ({
      picture: await dataUri(await readPicture(some, index)),
      id: some.id(index),
      label,
      top,
    })),
  );
}

/** A small picture as a PNG, which keeps its pixels; a photo as a small JPEG. */
async function dataUri({ data, width, height, channels }: Picture): Promise<string> {
  const picture = loadSharp()(data, { raw: { width, height, channels } });
  if (Math.max(width, height) <= 64) {
    return `data:image/png;base64,${(await picture.png({ compressionLevel: 9 }).toBuffer()).toString('base64')}`;
  }
  const small = picture.resize(thumbnailSide, thumbnailSide, { fit: 'inside' }).jpeg({ quality: 75 });
  return `data:image/jpeg;base64,${(await small.toBuffer()).toString('base64')}`;
}
