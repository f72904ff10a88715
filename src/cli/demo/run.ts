import { augmentationSchema } from '../../data/preprocessing.ts';
import { openData } from '../../node/data/open.ts';
import type { RunEvaluation } from '../../node/report/evaluate-best.ts';
import { RunFolder } from '../../node/run-folder.ts';
import { withOverrides } from '../../train/recipe.ts';
import { bundledPictures } from '../bundled.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { predictionLines } from '../output/prediction.ts';
import { print, shellWord } from '../output/print.ts';
import { configure } from '../train/configure.ts';
import { newRun } from '../train/run.ts';
import { buildNetwork } from '../train/training.ts';

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

/** How many classified pictures are shown. */
const shown = 5;

/** `npm start`: a small ResNeXt from random weights to a report. */
export async function demo(flags: DemoFlags): Promise<void> {
  const settings = {
    recipe: 'quick',
    valFraction: 0.1,
    strict: false,
    head: 'keep' as const,
    set: network,
    ...flags,
  };
  const folder = bundledPictures();
  const data = await openData(folder, { seed: flags.seed });
  const configured = await configure(data, 'resnext_cifar', settings);
  const recipe = withOverrides(configured.recipe, { augmentation, ema: 0.99 });
  const config = { ...configured, recipe };
  const path = flags.out ?? (await RunFolder.freshPath('runs', 'demo'));
  const { evaluated } = await newRun(path, config, await buildNetwork(config), data, flags);
  if (evaluated === undefined || flags.json) return;
  print('', examples(evaluated, data.classes));
  print(
    '',
    'what now:',
    `  open ${path}/report.html in a browser`,
    `  npx cardinal eval ${shellWord(`${path}/best.safetensors`)} ${shellWord(folder)}`,
    '  npx cardinal train --help     to train on pictures of your own',
  );
}

function examples({ samples }: RunEvaluation, classes: readonly string[]): string[] {
  // A wrong one first, if there are any: those are the interesting ones.
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
