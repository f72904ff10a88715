import { augmentationSchema } from '../../data/preprocessing.ts';
import { parseSet } from '../../models/options.ts';
import type { RunEvaluation } from '../../run/report/evaluate-best.ts';
import { RunFolder } from '../../node/run-folder.ts';
import { bundledPictures } from '../bundled.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { predictionLines } from '../output/prediction.ts';
import { print, shellWord } from '../output/print.ts';
import { runOnTerminal } from '../train/run.ts';

/** Flags of `cardinal demo`. */
export interface DemoFlags extends EngineFlags {
  readonly epochs: number;
  readonly seed: number;
  readonly out?: string;
  readonly json: boolean;
}

/** Two blocks a stage, eight groups of 2, 4 and 8 channels: 63,714 parameters, two minutes on two cores. */
const network = ['layers=2,2,2', 'cardinality=8', 'baseWidth=16', 'planes=8'];

/** Clothes stand in the middle of their pictures, so nothing is gained by shifting them; mirrored they are still clothes. */
const augmentation = augmentationSchema.parse({ flip: 0.5 });

/** Number of classified pictures to show. */
const shown = 5;

/** `npm start`: a small ResNeXt from random weights to a report. */
export async function demo({ epochs, seed, backend, threads, blas, out, json }: DemoFlags): Promise<void> {
  const folder = bundledPictures();
  const { evaluation, data, path } = await runOnTerminal(
    {
      source: folder,
      model: { name: 'resnext_cifar', options: parseSet(network) },
      options: {
        ...{ epochs, seed, augmentation, ema: 0.99, backend, threads, blas },
        out: out ?? (() => RunFolder.freshPath('runs', 'demo')),
      },
    },
    { json },
  );
  if (evaluation === undefined || path === undefined || json) return;
  print('', examples(evaluation, data.classes));
  print(
    '',
    'what now:',
    `  open ${path}/report.html in a browser`,
    `  npx cardinal eval ${shellWord(`${path}/best.safetensors`)} ${shellWord(folder)}`,
    '  npx cardinal train --help     to train on pictures of your own',
  );
}

function examples({ samples }: RunEvaluation, classes: readonly string[]): string[] {
  // With up to two misclassified ones: those are the interesting ones.
  const wrong = samples.filter(({ label, predicted }) => predicted !== label).slice(0, 2);
  const right = samples.filter(({ label, predicted }) => predicted === label).slice(0, shown - wrong.length);
  return [...right, ...wrong].flatMap(({ id, label, top }) =>
    predictionLines(
      id,
      top.map((guess) => ({ name: classes[guess.label], probability: guess.probability })),
      classes[label],
    ),
  );
}
