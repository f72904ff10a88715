import type { Backend } from '../backends/backend.ts';
import { withUndo } from '../base/endings.ts';
import { nextTask } from '../base/next-task.ts';
import { checkOptions, record, texts, type Kinds } from '../base/options.ts';
import { validate } from '../base/validate.ts';
import { pictureLimitKinds, pictureLimits, type PictureLimitOptions } from '../data/picture-limits.ts';
import { preprocessingSchema, type Preprocessing } from '../data/preprocessing.ts';
import type { AnyModule } from '../nn/module.ts';
import { trace, type Trace } from '../nn/trace.ts';
import { backendKind } from '../session/arguments.ts';
import { prepareInTurns } from '../train/evaluate.ts';
import { inferenceNetworkOf } from '../train/inference-network.ts';
import { batchingKinds, batchingOf, batchSizes, type BatchingOptions } from '../use/batch/options.ts';
import { Classifier } from '../use/classifier.ts';
import { Explainer } from '../use/explain/explainer.ts';
import { landmarksOf } from '../use/explain/landmarks.ts';
import { classNamesOf } from '../use/require-names.ts';
import { requirePreprocessing } from '../use/require-preprocessing.ts';
import type { Trained } from '../use/trained.ts';
import { createNodeBackend, engineKinds, type NodeBackendOptions } from './backend.ts';
import { nodePictures } from './data/pictures.ts';
import { nodePreparer } from './data/prepare-threads.ts';
import { explanationOf } from './explain.ts';
import { loadKinds, loadTrained, type LoadOptions } from './trained.ts';

/** How `loadClassifier` builds the network, prepares pictures, limits them and computes them together. */
export interface ClassifierOptions
  extends LoadOptions<AnyModule>, PictureLimitOptions, BatchingOptions, Omit<NodeBackendOptions, 'name'> {
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
  ...batchingKinds,
};

/**
 * A trained network ready to classify pictures: its weights, class names and preprocessing come from the checkpoint, and
 * so does the network, if it is the registry's; any other is given as `model`. Weights of other programs (`.pth`,
 * safetensors) record less: then give `model`, `preprocessing` and `classes`. A network of several outputs classifies by its main one, the
 * first; one of several inputs is no classifier of pictures: load it with `loadTrained`, and `compile` it.
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
): Promise<Classifier> {
  checkOptions('loadClassifier', options, kinds);
  const { model, options: set, inChannels, partial, hub, verify, ...rest } = options;
  const trained = await loadTrained(path, { model, options: set, inChannels, partial, hub, verify });
  const known = options.preprocessing ?? trained.preprocessing;
  const preprocessing = requirePreprocessing(known, String(path));
  return classifierOf(trained, { ...rest, preprocessing });
}

/** A network that is loaded already, ready to classify pictures. Classes without names are called by their numbers. */
export async function classifierOf(
  {
    model,
    description,
    classes: named,
    task,
    temperature,
  }: Pick<Trained<AnyModule>, 'model' | 'description' | 'classes'> &
    Partial<Pick<Trained, 'task' | 'temperature'>>,
  options: Omit<ClassifierOptions, keyof LoadOptions> & { readonly preprocessing: Preprocessing },
): Promise<Classifier> {
  const preprocessing = validate(preprocessingSchema, options.preprocessing, 'preprocessing');
  const input = [preprocessing.channels, ...preprocessing.size];
  const batching = batchingOf(options);
  // One by one, so that a server answers between them.
  const traced = new Map<number, Trace>();
  for (const size of batchSizes(batching)) {
    await nextTask();
    traced.set(size, trace(model, [size, ...input], { training: false }));
  }
  await nextTask();
  const network = inferenceNetworkOf(model, input, description, { landmarks: landmarksOf, traced });
  return withUndo(async (undo) => {
    const { threads, kernels, blas, isolated = false } = options;
    const backend = options.backend ?? (await createNodeBackend({ threads, kernels, blas, isolated }));
    const ownBackend = options.backend === undefined ? backend : undefined;
    undo.add(() => ownBackend?.dispose());
    const program = await prepareInTurns(network, backend, batchSizes(batching), undefined, nextTask);
    undo.add(() => program.dispose());
    const classes = classNamesOf(program, options.classes, named);
    const preparer = nodePreparer(isolated);
    undo.add(() => preparer.dispose());
    const { name } = description;
    const known = { classes, task, preprocessing, temperature };
    const traces = [...traced.values()];
    const explainer = new Explainer({ name, backend, program, traces, ...known, explanationOf });
    return new Classifier({
      ...{ program, ownBackend, ...known, batching, preparer, explainer },
      limits: pictureLimits(options),
      platform: nodePictures,
    });
  });
}
