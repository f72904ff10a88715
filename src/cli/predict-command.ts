import { CardinalError } from '../base/errors.ts';
import { readClassNames } from '../node/class-names.ts';
import { classifierOf, type Classification } from '../node/classifier.ts';
import type { PredictFlags } from './commands/predict.ts';
import { withBackend } from './engine.ts';
import { predictionLines } from './judgement.ts';
import { loadForUse, preprocessingFor } from './loading.ts';
import { print, printJson, tell } from './print.ts';

/** One picture's entry in `predict --json`. */
interface Prediction {
  readonly image: string;
  readonly top: readonly Classification[];
}

/** `cardinal predict`: a picture that cannot be read is told on stderr and does not stop the others. */
export async function predict(path: string, images: readonly string[], flags: PredictFlags): Promise<void> {
  const classes = flags.classes === undefined ? undefined : await readClassNames(flags.classes);
  const trained = await loadForUse(path, flags);
  const preprocessing = await preprocessingFor(trained, flags);
  const predictions = await withBackend(flags, async (backend) => {
    const classifier = await classifierOf(trained, { backend, preprocessing, classes });
    const found: Prediction[] = [];
    for (const image of images) {
      try {
        found.push({ image, top: await classifier.classify(image, { topK: flags.top }) });
      } catch (error) {
        if (!(error instanceof CardinalError)) throw error;
        tell(`cardinal: ${error.message}`);
        process.exitCode = 1;
      }
    }
    return found;
  });
  if (flags.json) printJson(predictions);
  else for (const prediction of predictions) print(...lines(prediction));
}

function lines({ image, top }: Prediction): string[] {
  return predictionLines(
    image,
    top.map(({ class: name, probability }) => ({ name, probability })),
  );
}
