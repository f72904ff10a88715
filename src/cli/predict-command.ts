import { CardinalError, messageOf } from '../base/errors.ts';
import { preprocess } from '../data/pipeline.ts';
import { loadPicture } from '../node/data/decode.ts';
import { prepareInference } from '../train/evaluate.ts';
import { networkOf } from '../train/network.ts';
import { topGuesses } from './classify.ts';
import type { PredictFlags } from './commands/predict.ts';
import { withBackend } from './engine.ts';
import { predictionLines } from './judgement.ts';
import { print, printJson, tell } from './print.ts';
import { loadTrained } from './trained.ts';

/** One picture's line in `predict --json`. */
interface Prediction {
  readonly image: string;
  readonly top: readonly { readonly class: string; readonly label: number; readonly probability: number }[];
}

/** `cardinal predict`: a picture that cannot be read is told on stderr and does not stop the others. */
export async function predict(path: string, images: readonly string[], flags: PredictFlags): Promise<void> {
  const { model, description, classes, preprocessing } = await loadTrained(path, {});
  if (classes === undefined || preprocessing === undefined) {
    throw new CardinalError(
      `${path} does not say how pictures are prepared: it was not made by cardinal train`,
    );
  }
  const { channels, size } = preprocessing;
  const network = networkOf(model, [channels, ...size], description);
  const predictions = await withBackend(flags, async (backend) => {
    const program = await prepareInference(network, backend, 1);
    const found: Prediction[] = [];
    for (const image of images) {
      try {
        program.write('input', preprocess(await loadPicture(image), preprocessing), 'channels_last');
      } catch (error) {
        if (!(error instanceof CardinalError)) throw error;
        tell(`cardinal: ${messageOf(error)}`);
        process.exitCode = 1;
        continue;
      }
      await program.run('forward');
      const guesses = topGuesses(await program.read('logits'), flags.top);
      const top = guesses.map(({ label, probability }) => ({ class: classes[label], label, probability }));
      found.push({ image, top });
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
