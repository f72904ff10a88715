/**
 * How far pictures read here are from the same files read with Pillow, and the network's inputs made of them from
 * torchvision's (Resize 256, CenterCrop 224, ToTensor, Normalize).
 *
 *   node bench/decoding.ts FOLDER --limit 500 --interpolation bilinear
 *
 * Needs a python3 with Pillow and torchvision.
 */
import { join } from 'node:path';

import { preprocess } from '../src/data/pipeline.ts';
import { defaultPreprocessing, imagenetStatistics, preprocessingSchema } from '../src/data/preprocessing.ts';
import { interpolations, type Interpolation } from '../src/data/transforms/filters.ts';
import { withChannels } from '../src/data/transforms/grey.ts';
import { CardinalError } from '../src/base/errors.ts';
import { integer, oneOf } from '../src/cli/flags/values.ts';
import { loadPicture } from '../src/node/data/decode.ts';
import { findPictures } from '../src/node/data/files.ts';
import { findPillow } from '../test/support/pillow.ts';
import { benchCommand, runBench } from './command.ts';

/** Differences of all pictures, added up. */
class Comparison {
  pictures = 0;
  same = 0;
  otherSize = 0;
  #values = 0;
  #different = 0;
  #largest = 0;
  #sum = 0;
  #squares = 0;

  add(ours: ArrayLike<number>, theirs: ArrayLike<number>): void {
    this.pictures++;
    if (ours.length !== theirs.length) {
      this.otherSize++;
      return;
    }
    let different = 0;
    for (let i = 0; i < ours.length; i++) {
      const difference = Math.abs(ours[i] - theirs[i]);
      if (difference === 0) continue;
      different++;
      this.#largest = Math.max(this.#largest, difference);
      this.#sum += difference;
      this.#squares += difference * difference;
    }
    this.#values += ours.length;
    this.#different += different;
    if (different === 0) this.same++;
  }

  row(name: string): Record<string, string | number> {
    const values = Math.max(1, this.#values);
    return {
      what: name,
      pictures: this.pictures,
      identical: this.same,
      'other size': this.otherSize,
      'values differing': `${((100 * this.#different) / values).toFixed(3)} %`,
      largest: Number(this.#largest.toPrecision(4)),
      mean: Number((this.#sum / values).toPrecision(4)),
      RMS: Number(Math.sqrt(this.#squares / values).toPrecision(4)),
    };
  }
}

interface Flags {
  readonly limit: number;
  readonly interpolation: Interpolation;
}

await runBench(
  benchCommand('decoding', 'Compares pictures and inputs made of them with Pillow and torchvision.')
    .argument('<folder>', 'pictures, in folders or not')
    .option('--limit <n>', 'pictures at most, from all over the folder', integer('--limit', 1), 500)
    .option(
      '--interpolation <name>',
      interpolations.join(', '),
      oneOf('--interpolation', interpolations),
      'bilinear',
    )
    .action(main),
);

async function main(folder: string, { limit, interpolation }: Flags): Promise<void> {
  const pillow = findPillow();
  if (!pillow?.torchvision) throw new CardinalError('needs a python3 with Pillow and torchvision');

  const preprocessing = preprocessingSchema.parse({
    ...defaultPreprocessing({ channels: 3, imageSize: 224, ...imagenetStatistics }),
    interpolation,
  });
  const asTorch = { ...preprocessing, crop: preprocessing.size };

  const pictures = await findPictures(folder);
  const count = Math.min(limit, pictures.length);
  const paths = Array.from({ length: count }, (_, i) =>
    join(folder, pictures[Math.floor((i * pictures.length) / count)]),
  );
  const [decoded, input] = [new Comparison(), new Comparison()];
  let unreadable = 0;
  // A call of Python for so many pictures: their numbers travel as text.
  const perCall = 100;
  for (let start = 0; start < paths.length; start += perCall) {
    const read = [];
    for (const path of paths.slice(start, start + perCall)) {
      const picture = await loadPicture(path).catch(() => undefined);
      if (picture) read.push({ path, picture });
      else unreadable++;
    }
    const answers = pillow.ask(
      read.flatMap(({ path }) => [
        { ask: 'decode', path },
        { ask: 'evaluate', path, ...asTorch },
      ]),
    );
    for (const [i, { picture }] of read.entries()) {
      decoded.add(withChannels(picture, 3).data, answers[2 * i]);
      input.add(preprocess(picture, preprocessing), new Float32Array(answers[2 * i + 1].buffer));
    }
  }

  console.log(`${folder}: ${count} of ${pictures.length} pictures, ${unreadable} unreadable here`);
  console.log(`Pillow ${pillow.pillow}, torchvision ${pillow.torchvision}, ${preprocessing.interpolation}`);
  console.table([decoded.row('decoded bytes'), input.row('input of the network')]);
}
