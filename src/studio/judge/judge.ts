import { withEnding } from '../../base/endings.ts';
import { CardinalError, UnreadableError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { sizeOf } from '../../base/shape.ts';
import { preprocess } from '../../data/pipeline.ts';
import type { PictureDataset } from '../../data/source.ts';
import { prepareInference, shapeOf } from '../../train/evaluate.ts';
import { inferenceNetworkOf } from '../../train/inference-network.ts';
import { KeptLogits } from '../../train/kept-logits.ts';
import { requirePreprocessing } from '../../use/require-preprocessing.ts';
import type { Trained } from '../../use/trained.ts';
import type { StudioPlatform } from '../platform.ts';
import type { Judged } from './service.ts';

/** Pictures that are computed together. */
const atOnce = 8;
/** Numbers that a page gets at most: 128 MiB. */
const mostNumbers = 2 ** 25;

/**
 * The logits of all pictures of a dataset. Rejects with the signal's reason once that is aborted, with a `CardinalError` if the network has other
 * classes than the pictures, or they are too many for a page.
 */
export async function judge(
  trained: Trained,
  dataset: PictureDataset,
  platform: Pick<StudioPlatform, 'backend' | 'readPicture'>,
  {
    signal,
    onProgress,
  }: { readonly signal: AbortSignal; readonly onProgress: (done: number, total: number) => void },
): Promise<Judged> {
  const { model, description } = trained;
  const labelOf = labelsOf(trained, dataset);
  const preprocessing = requirePreprocessing(trained.preprocessing, description.name);
  const input = [preprocessing.channels, ...preprocessing.size];
  const network = inferenceNetworkOf(model, input, description);
  const program = await prepareInference(network, await platform.backend(), atOnce);
  return withEnding(
    () => program.dispose(),
    async () => {
      const [rows, width] = shapeOf(program, 'logits');
      if (dataset.length * width > mostNumbers) {
        throw new CardinalError(
          `${dataset.name}: ${dataset.length} pictures of ${width} classes are too many for a page: cardinal eval takes any number`,
        );
      }
      const classes = classesOf(trained, dataset, width);
      const kept = new KeptLogits(dataset.length, width);
      const skipped: { name: string; reason: string }[] = [];
      const each = sizeOf(input);
      const pictures = new Float32Array(rows * each);
      for (let first = 0; first < dataset.length; first += rows) {
        await nextTask();
        signal.throwIfAborted();
        const read: number[] = [];
        for (let index = first; index < Math.min(first + rows, dataset.length); index++) {
          try {
            const picture = await platform.readPicture(dataset, index);
            pictures.set(preprocess(picture, preprocessing), read.length * each);
            read.push(index);
          } catch (error) {
            if (!(error instanceof UnreadableError)) throw error;
            skipped.push({ name: dataset.id(index), reason: error.message });
          }
        }
        const logits = await program.take(async () => {
          program.write('input', pictures, 'channels_last');
          await program.run('forward');
          return program.read('logits');
        });
        read.forEach((index, row) => {
          const label = labelOf(dataset.label(index));
          kept.add(logits.subarray(row * width, (row + 1) * width), { index, label });
        });
        onProgress(Math.min(first + rows, dataset.length), dataset.length);
      }
      const { logits, labels, indices } = kept;
      const names = Array.from(indices, (index) => dataset.id(index));
      return { classes, temperature: trained.temperature ?? 1, logits, labels, indices, names, skipped };
    },
  );
}

/** The network's label of a picture's class: they go by names where the weights have some. */
function labelsOf(
  { classes, task, description }: Trained,
  dataset: PictureDataset,
): (label: number) => number {
  if (task !== undefined || dataset.targets !== undefined) {
    throw new CardinalError(
      `${description.name} or ${dataset.name} is of labels or numbers: cardinal eval judges those`,
    );
  }
  if (classes === undefined) return (label) => label;
  const labels = dataset.classes.map((name) => classes.indexOf(name));
  const unknown = labels.indexOf(-1);
  if (unknown >= 0) {
    throw new CardinalError(
      `'${dataset.classes[unknown]}' of ${dataset.name} is not among the ${classes.length} classes of ${description.name}: take pictures of its classes`,
    );
  }
  return (label) => labels[label];
}

function classesOf(
  { classes, description }: Trained,
  dataset: PictureDataset,
  width: number,
): readonly string[] {
  if (classes !== undefined) return classes;
  if (dataset.classes.length === width) return dataset.classes;
  throw new CardinalError(
    `${description.name} has ${width} classes, but ${dataset.name} has ${dataset.classes.length}: take pictures of its classes`,
  );
}
