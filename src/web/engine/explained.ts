import type { Handlers } from '../../base/channel/service.ts';
import { withUndo } from '../../base/endings.ts';
import { CardinalError, DisposedError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { pictureLimits } from '../../data/picture-limits.ts';
import { checkPreprocessing } from '../../data/preprocessing.ts';
import { trace } from '../../nn/trace.ts';
import { prepareInTurns } from '../../train/evaluate.ts';
import { inferenceNetworkOf } from '../../train/inference-network.ts';
import { batchingOf } from '../../use/batch/options.ts';
import { decodeHere, prepareHere, type PicturePreparer } from '../../use/batch/prepare.ts';
import { Classifier } from '../../use/classifier.ts';
import type { ClassMap } from '../../use/explain/explanation.ts';
import { Explainer } from '../../use/explain/explainer.ts';
import { landmarksOf } from '../../use/explain/landmarks.ts';
import { classNamesOf } from '../../use/require-names.ts';
import { requirePreprocessing } from '../../use/require-preprocessing.ts';
import type { Engine } from './context.ts';
import type { ExplainService } from './explain-service.ts';
import { openAnyNetwork, type OpenedNetwork } from './load-network.ts';
import { receiveSent } from './sent-picture.ts';
import type { SentClassifierOptions } from './service.ts';
import { located } from './weights.ts';

type Setup = Pick<SentClassifierOptions, 'preprocessing' | 'classes' | 'maxPixels' | 'decodeSeconds'>;

/** A whole classifier, which explains as well, of a network in an engine that trains: gradients are computed in it. */
async function explainedOf(
  name: string,
  { model, description, ready, ...known }: OpenedNetwork,
  { preprocessing: given, classes: listed, ...limits }: Setup,
  { backend, pictures }: Pick<Engine, 'backend' | 'pictures'>,
): Promise<Classifier> {
  const recorded = requirePreprocessing(given ?? known.preprocessing, name);
  const preprocessing = checkPreprocessing('loadClassifier', recorded);
  const input = [preprocessing.channels, ...preprocessing.size];
  await ready([1, ...input]);
  const alone = trace(model, [1, ...input], { training: false });
  const traced = new Map([[1, alone]]);
  const network = inferenceNetworkOf(model, input, description, { landmarks: landmarksOf, traced });
  return withUndo(async (undo) => {
    const program = await prepareInTurns(network, backend, 1, undefined, nextTask);
    undo.add(() => program.dispose());
    const { task, temperature } = known;
    const facts = { classes: classNamesOf(program, listed, known.classes), task, preprocessing, temperature };
    const explainer = new Explainer({
      ...{ name: description.name, backend, program, traces: [alone], ...facts },
      explanationOf: (found) => Promise.resolve({ ...found, overlay: () => Promise.reject(noOverlay()) }),
    });
    const preparer: PicturePreparer = {
      prepare: (picture) => prepareHere(picture, pictures),
      decode: (picture) => decodeHere(picture, pictures),
      dispose: () => Promise.resolve(),
    };
    return new Classifier({
      ...{ program, ownBackend: undefined, ...facts, preparer, explainer, platform: pictures },
      ...{ batching: batchingOf({ maxBatch: 1 }), limits: pictureLimits(limits) },
    });
  });
}

function noOverlay(): CardinalError {
  return new CardinalError('a page draws maps itself');
}

/** Answers what the engine that explains is asked. */
export function explainHandlers(engine: () => Engine): Handlers<ExplainService> {
  const all: Classifier[] = [];
  const numbered = (number: number): Classifier => {
    const found = all.at(number);
    if (found !== undefined) return found;
    throw new DisposedError('the classifier was disposed of; make another to use it');
  };
  return {
    openExplained: async (
      [weights, { model, options, inChannels, partial, verify, ...setup }],
      { signal, ask },
    ) => {
      const { scripts, ...rest } = engine();
      const found = await located(weights, { signal }, scripts);
      const settings = { model, options, inChannels, partial, verify };
      const opened = await openAnyNetwork(found, settings, { graphs: (input) => ask('graphs', input) });
      return all.push(await explainedOf(weights.name, opened, setup, rest)) - 1;
    },
    logits: async ([number, sent, options], { signal }) =>
      numbered(number).logits(await receiveSent(sent), { ...options, signal }),
    features: async ([number, sent, options], { signal }) =>
      numbered(number).features(await receiveSent(sent), { ...options, signal }),
    explain: async ([number, sent, options], { signal }) =>
      mapOf(await numbered(number).explain(await receiveSent(sent), { ...options, signal })),
    occlusion: async ([number, sent, options], { signal, tell }) => {
      const onProgress = (progress: { readonly done: number; readonly of: number }): void => {
        tell('progress', progress);
      };
      const found = await numbered(number).occlusion(await receiveSent(sent), {
        ...options,
        signal,
        onProgress,
      });
      const { drops, rows, columns, size, stride } = found;
      return { ...mapOf(found), drops, rows, columns, size, stride };
    },
    activations: async ([number, sent, options], { signal }) =>
      numbered(number).activations(await receiveSent(sent), { ...options, signal }),
    pathContributions: async ([number, sent, options], { signal, tell }) =>
      numbered(number).pathContributions(await receiveSent(sent), {
        ...{ ...options, signal },
        onProgress: (progress) => {
          tell('progress', progress);
        },
      }),
  };
}

/** What of an explanation is data. */
function mapOf({ label, class: name, probability, map, width, height, region }: ClassMap): ClassMap {
  return { label, class: name, probability, map, width, height, region };
}
