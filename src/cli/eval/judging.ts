import { UsageError } from '../../base/errors.ts';
import type { PictureDataset } from '../../data/source.ts';
import { writeFileAtomic } from '../../node/files.ts';
import { saveTemperature } from '../../node/temperature.ts';
import { csvRow } from '../../report/csv.ts';
import { count } from '../../report/format.ts';
import { calibrate, type Calibration } from '../../train/calibrate.ts';
import type { KeptLogits } from '../../train/kept-logits.ts';
import { findMislabels, probabilitiesOf } from '../../train/mislabels.ts';
import { tell } from '../output/print.ts';

/** Flags for what is made of the logits of all pictures. */
export interface JudgingFlags {
  readonly calibrate?: boolean;
  readonly out?: string;
  readonly mislabels?: string;
}

/** Throws a `UsageError` unless the flags go together, and with what the weights predict. */
export function checkJudging({ calibrate, out, mislabels }: JudgingFlags, task: string | undefined): void {
  if (out !== undefined && calibrate !== true) {
    throw new UsageError(
      '--out is where --calibrate writes the calibrated checkpoint: give both, or neither',
    );
  }
  const flag = calibrate === true ? '--calibrate' : mislabels === undefined ? undefined : '--mislabels';
  if (task !== undefined && flag !== undefined) {
    throw new UsageError(`${flag} is for classes of which one is true, and these weights predict ${task}`);
  }
}

/** Finds the temperature and writes it into the checkpoint, or into `out`. */
export async function calibrated(
  { logits, labels }: KeptLogits,
  weights: string,
  out: string | undefined,
): Promise<Calibration & { readonly file: string }> {
  const found = calibrate(logits, labels);
  const file = await saveTemperature(weights, found.temperature, { out });
  tell(`wrote the temperature into ${file}: probabilities of predict, serve and classifiers follow it`);
  return { ...found, file };
}

/** Writes pictures whose labels are probably wrong as a table, the most suspicious first. Gives how many there are. */
export async function writeMislabels(
  { logits, labels, indices }: KeptLogits,
  { classes, ...dataset }: Pick<PictureDataset, 'classes' | 'id'>,
  { file, temperature }: { readonly file: string; readonly temperature: number | undefined },
): Promise<number> {
  const probabilities = probabilitiesOf(logits, { classes: classes.length, temperature });
  const { found } = findMislabels(probabilities, labels);
  const rows = found.map(({ index, label, suggested, probability, margin }) => [
    dataset.id(indices[index]),
    classes[label],
    classes[suggested],
    probability.toPrecision(4),
    (probability + margin).toPrecision(4),
    margin.toPrecision(4),
  ]);
  const names = [
    'picture',
    'label',
    'suggested_class',
    'label_probability',
    'suggested_probability',
    'margin',
  ];
  await writeFileAtomic(file, [names, ...rows].map((row) => `${csvRow(row)}\n`).join(''));
  const of = `${count(found.length)} of ${count(labels.length)}`;
  tell(
    `wrote ${file}: ${of} ${labels.length === 1 ? 'picture has a label that is' : 'pictures have labels that are'} probably wrong, the most suspicious first`,
  );
  return found.length;
}
