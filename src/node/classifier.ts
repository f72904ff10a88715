import type { Backend } from '../backends/backend.ts';
import { checkOptions, record, texts, type Kinds } from '../base/options.ts';
import { pictureLimitKinds, type PictureLimitOptions } from '../data/picture-limits.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { backendKind } from '../session/arguments.ts';
import * as portable from '../use/classifier.ts';
import type { Trained } from '../use/trained.ts';
import { createNodeBackend, engineKinds, type NodeBackendOptions } from './backend.ts';
import { nodePictures } from './data/pictures.ts';
import { loadKinds, loadTrained, type LoadOptions } from './trained.ts';

export interface ClassifierOptions
  extends LoadOptions, PictureLimitOptions, Omit<NodeBackendOptions, 'name'> {
  /** What computes; whoever made it disposes of it. Default: an own one with `threads`. */
  readonly backend?: Backend | undefined;
  /** How pictures become inputs. Default: as recorded in the file. */
  readonly preprocessing?: Preprocessing | undefined;
  /** Names by label. Default: the file's, else the labels' numbers. */
  readonly classes?: readonly string[] | undefined;
}

const kinds: Kinds<ClassifierOptions> = {
  ...loadKinds,
  ...engineKinds,
  backend: backendKind,
  preprocessing: record,
  classes: texts,
  ...pictureLimitKinds,
};

/**
 * A trained network ready to classify pictures: its weights, class names and preprocessing come from the checkpoint, and
 * so does the network, if it is the registry's; any other is given as `model`. Weights of other programs (`.pth`,
 * safetensors) record less: then give `model`, `preprocessing` and `classes`.
 *
 *     const classifier = await loadClassifier('runs/demo/best.safetensors');
 *     const [best] = await classifier.classify('shoe.png');
 *     console.log(best.class, best.probability);
 *     await classifier.dispose();
 *
 * Throws a `CardinalError` if the file is damaged, of another network, or does not record how pictures are prepared.
 */
export async function loadClassifier(
  path: string | URL,
  options: ClassifierOptions = {},
): Promise<portable.Classifier> {
  checkOptions('loadClassifier', options, kinds);
  const { model, options: set, inChannels, partial, hub, verify, ...rest } = options;
  const trained = await loadTrained(path, { model, options: set, inChannels, partial, hub, verify });
  const known = options.preprocessing ?? trained.preprocessing;
  const preprocessing = portable.requirePreprocessing(known, String(path));
  return classifierOf(trained, { ...rest, preprocessing });
}

/** A network that is loaded already, ready to classify pictures. Classes without names are called by their numbers. */
export async function classifierOf(
  trained: Pick<Trained, 'model' | 'description' | 'classes'>,
  options: Omit<ClassifierOptions, keyof LoadOptions> & { readonly preprocessing: Preprocessing },
): Promise<portable.Classifier> {
  const { backend = () => createNodeBackend(engine), preprocessing, classes, ...more } = options;
  const { maxPixels, decodeSeconds, ...engine } = more;
  const setup = { backend, preprocessing, classes, maxPixels, decodeSeconds };
  return portable.classifierOf(trained, setup, nodePictures);
}
