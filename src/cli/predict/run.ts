import { shortened } from '../../base/quoted.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { readClassNames } from '../../node/class-names.ts';
import { classifierOf } from '../../node/classifier.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { givenLimits } from '../flags/pictures.ts';
import type { WeightsFlags } from '../flags/weights.ts';
import { loadForUse, preprocessingFor } from '../loading.ts';
import { fail, naming } from '../output/failure.ts';
import { tell } from '../output/print.ts';
import { predictNumbers } from './numbers.ts';
import { predictionWriter, requireOneFormat, type FormatFlags } from './output.ts';
import { namedPictures } from './pictures.ts';
import { predictProgress } from './progress.ts';

/** Flags of `cardinal predict`. */
export interface PredictFlags extends EngineFlags, WeightsFlags, PictureLimitOptions, FormatFlags {
  readonly classes?: string;
  readonly top?: number;
}

/** `cardinal predict`: reports a picture that cannot be read on stderr and goes on with the others. */
export async function predict(path: string, images: readonly string[], flags: PredictFlags): Promise<void> {
  requireOneFormat(flags);
  const classes = flags.classes === undefined ? undefined : await readClassNames(flags.classes);
  const trained = await loadForUse(path, flags);
  const preprocessing = await preprocessingFor(trained, flags);
  const pictures = await namedPictures(images, { tell, fail });
  const inputs = pictures.map(({ input }) => input);
  const failed = await withBackend(flags, async (backend) => {
    const classifier = await classifierOf(trained, {
      ...{ backend, preprocessing, classes },
      ...givenLimits(flags),
    });
    const { task } = classifier;
    if (task === 'numbers') return predictNumbers(classifier, pictures, flags);
    const top = flags.top ?? (task === 'classes' ? 3 : flags.csv ? classifier.classes.length : undefined);
    const writer = predictionWriter(flags, Math.min(top ?? Infinity, classifier.classes.length));
    const progress = predictProgress(pictures.length);
    let failures = 0;
    for await (const { index, top: found, error } of classifier.classifyEach(inputs, { topK: top })) {
      const { name } = pictures[index];
      if (error === undefined) writer.write(name, found);
      else {
        failures++;
        progress.stop();
        fail(naming(shortened(name, 300), error));
      }
      progress.done(index + 1);
    }
    writer.end();
    return failures;
  });
  if (failed > 1) {
    tell(`${failed} of ${pictures.length} pictures could not be classified`);
  }
}
