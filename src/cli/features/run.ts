import { withEnding } from '../../base/endings.ts';
import { isAddress } from '../../data/address.ts';
import { leftOutLine, leftOutOf } from '../../data/left-out.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { requireAllRead } from '../../node/data/check.ts';
import { createLoader } from '../../node/data/loader.ts';
import { openData } from '../../node/data/open.ts';
import { picturesToEvaluate } from '../../node/data/to-evaluate.ts';
import { count } from '../../report/format.ts';
import { evaluationBatch } from '../../train/loaders.ts';
import { featuresOf, prepareFeatures } from '../../use/explain/all-features.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { givenLimits } from '../flags/pictures.ts';
import type { WeightsFlags } from '../flags/weights.ts';
import { loadForUse, preprocessingFor, showDownloads } from '../loading.ts';
import { print, printJson, tell } from '../output/print.ts';
import { predictProgress } from '../predict/progress.ts';
import { tableFormat } from './formats.ts';
import type { FeatureTable } from './table.ts';

/** Flags of `cardinal features`. */
export interface FeaturesFlags extends EngineFlags, WeightsFlags, PictureLimitOptions {
  readonly out: string;
  readonly split: 'train' | 'val' | 'test' | 'all';
  readonly batchSize: number;
  readonly strict: boolean;
  readonly json: boolean;
}

/**
 * `cardinal features`: writes the embedding of every picture. All are in memory until they are written, 4·D bytes each, because what
 * cannot be read is left out and files say first how much is in them.
 */
export async function writeFeatures(path: string, dataPath: string, flags: FeaturesFlags): Promise<void> {
  const format = tableFormat(flags.out);
  const trained = await loadForUse(path, flags);
  const downloads = await showDownloads(isAddress(dataPath));
  // The labels are the data's own: its classes need not be those of the weights.
  const data = await openData(dataPath, { valFraction: 0, ...givenLimits(flags) }, downloads.hub).finally(
    () => {
      downloads.stop();
    },
  );
  const { dataset, from, on } = await picturesToEvaluate(data, trained, flags.split);
  const leftOut = leftOutOf(data.leftOut, from);
  if (flags.strict) await requireAllRead(data, from, [dataset]);
  const line = leftOutLine(leftOut);
  if (line !== undefined) tell(line);
  const preprocessing = await preprocessingFor(trained, flags, data);
  const batchSize = evaluationBatch(flags.batchSize, dataset);
  const loader = createLoader(dataset, { batchSize, preprocessing, strict: flags.strict, training: false });
  const progress = predictProgress(dataset.length);
  const table = await withEnding(
    () => loader.dispose(),
    () =>
      withBackend({ ...flags, isolated: true }, async (backend): Promise<FeatureTable> => {
        const input = [preprocessing.channels, ...preprocessing.size];
        const name = trained.description.name;
        const prepared = await prepareFeatures(trained.model, { name, input, batchSize }, backend);
        const rows: Float32Array[] = [];
        const indices: number[] = [];
        try {
          for await (const part of featuresOf(prepared, loader)) {
            part.indices.forEach((index, row) => {
              indices.push(index);
              rows.push(part.features.subarray(row * prepared.width, (row + 1) * prepared.width));
            });
            progress.done(indices.length);
          }
        } finally {
          progress.stop();
        }
        return {
          width: prepared.width,
          features: rows,
          labels: Int32Array.from(indices, (index) => dataset.label(index)),
          pictures: indices.map((index) => dataset.id(index)),
          classes: dataset.classes,
        };
      }),
  );
  const { skipped } = loader;
  if (skipped.length > 0) {
    const [{ id, reason }] = skipped;
    const left = skipped.length === 1 ? '1 picture is' : `${skipped.length} pictures are`;
    tell(`warning: ${left} left out as unreadable, the first ${id}: ${reason}`);
  }
  const files = await format.write(flags.out, table);
  const { width, pictures } = table;
  if (flags.json) {
    printJson({
      ...{ weights: path, data: dataPath, split: flags.split, files },
      ...{ pictures: pictures.length, features: width, leftOut, skipped: skipped.length },
    });
  } else print(`${files.join(', ')}: ${count(width)} features of each of ${count(pictures.length)} ${on}`);
}
