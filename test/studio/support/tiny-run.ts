import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClassifier, trainOn, type Classification } from '../../../src/node/index.ts';
import { writePictures } from '../../cli/pictures.ts';

/** A small network, trained for a moment on pictures of three colours. */
export interface TinyRun {
  readonly folder: string;
  /** Its run folder. */
  readonly run: string;
  readonly weights: string;
  /** A picture that it has not seen. */
  readonly picture: string;
  /** What Node takes the picture for, without a library whose sums differ. */
  readonly top: readonly Classification[];
  remove(): Promise<void>;
}

export const tinyModel = {
  name: 'resnext_cifar',
  options: { layers: [1, 1, 1], cardinality: 4, baseWidth: 16, planes: 16 },
};

export async function trainTinyRun(): Promise<TinyRun> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-tiny-run-'));
  await writePictures(join(folder, 'pictures'), { train: 12, val: 4, test: 1 });
  const run = join(folder, 'tiny');
  await trainOn(join(folder, 'pictures'), tinyModel, {
    ...{ out: run, epochs: 2, batchSize: 6, imageSize: 12, seed: 3 },
    ...{ threads: 1, blas: false, report: false },
  });
  const weights = join(run, 'best.safetensors');
  const picture = join(folder, 'pictures/test/red/0.png');
  await using classifier = await loadClassifier(weights, { threads: 1, blas: false });
  const top = await classifier.classify(await readFile(picture), { topK: 3 });
  return {
    ...{ folder, run, weights, picture, top },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** A folder in which the package is installed as npm would, for programs that use it. */
export async function installedIn(folder: string, root: string): Promise<void> {
  const { mkdir, symlink } = await import('node:fs/promises');
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true });
  await symlink(root, join(folder, 'node_modules/cardinal-nn'), 'junction');
  await symlink(join(root, 'bin/cardinal.js'), join(folder, 'node_modules/.bin/cardinal-nn'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
}
