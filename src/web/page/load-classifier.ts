import { DisposedError, UsageError } from '../../base/errors.ts';
import { described, isDetached } from '../../base/described.ts';
import {
  abortSignal,
  callback,
  checkOptions,
  flag,
  having,
  record,
  text,
  texts,
  wholeFrom,
  type Kinds,
} from '../../base/options.ts';
import type { Backend } from '../../backends/backend.ts';
import type { BlobLike } from '../../data/file-content.ts';
import { isArrayBuffer, isBlob, isUint8Array, isUrl } from '../../data/picture-forms.ts';
import { pictureLimitKinds, pictureLimits, type PictureLimitOptions } from '../../data/picture-limits.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { LoadProgress, SentWeights } from '../engine/weights.ts';
import { pageUrl } from '../scripts.ts';
import { aboutEngine } from './about.ts';
import { backendKinds, type WebBackendOptions } from './backend-options.ts';
import { Classifier } from './classifier.ts';
import { startEngine } from './engine.ts';
import { engineOf } from './engines.ts';

/**
 * Where weights are: a URL (relative to the page), a `File` or `Blob`, bytes, a repository of the hub (`hf:owner/repo`), a file of the private
 * file system (`opfs:runs/pets/best.safetensors`).
 */
export type WeightsInput = string | URL | BlobLike | Uint8Array | ArrayBuffer;

/** How `loadClassifier` builds the network, prepares pictures and limits them. */
export interface ClassifierOptions extends PictureLimitOptions, Omit<WebBackendOptions, 'training'> {
  /** The registry's name of the network that bare weights are of. */
  readonly model?: string | undefined;
  /** Options of the named model; those that the shapes of bare weights imply may be left out. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Channels of the pictures, where they are others than the weights': the first convolution is adapted as timm does. */
  readonly inChannels?: number | undefined;
  /** Load what fits and leave the rest as the network has it. */
  readonly partial?: boolean | undefined;
  /** Refuse a file whose numbers are not those that were written. Default true. */
  readonly verify?: boolean | undefined;
  /** What computes, of `createBackend`; whoever made it disposes of it. Default: an own one. */
  readonly backend?: Backend | undefined;
  /** How pictures become inputs. Default: as recorded in the file. */
  readonly preprocessing?: Preprocessing | undefined;
  /** Names by label. Default: the file's, else the labels' numbers. */
  readonly classes?: readonly string[] | undefined;
  /** Told how much of the file has come, some twenty times a second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Gives up loading: with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

const kinds: Kinds<ClassifierOptions> = {
  threads: backendKinds.threads,
  kernels: backendKinds.kernels,
  base: backendKinds.base,
  model: { ...text, expected: 'the name of a network of the registry' },
  options: record,
  inChannels: wholeFrom(1),
  partial: flag,
  verify: flag,
  backend: having('a backend, as createBackend gives once it is awaited', 'load', 'dispose'),
  preprocessing: record,
  classes: texts,
  onProgress: callback,
  signal: abortSignal,
  ...pictureLimitKinds,
};

/**
 * A trained network ready to classify pictures: its weights, class names and preprocessing come from the checkpoint, and so does the
 * network, if it is the registry's. Weights of other programs (`.pth`, safetensors) record less: then give `model`, `preprocessing` and
 * `classes`. All of it is done in a worker.
 *
 *     const classifier = await loadClassifier('/models/demo.safetensors');
 *     const [best] = await classifier.classify(file);
 *     console.log(best.class, best.probability);
 *
 * Throws a `CardinalError` if the file cannot be had, is damaged, of another network, or does not record how pictures are prepared; or if the
 * worker cannot start.
 */
export async function loadClassifier(
  source: WeightsInput,
  options: ClassifierOptions = {},
): Promise<Classifier> {
  checkOptions('loadClassifier', options, kinds);
  const { backend, threads, kernels, base, onProgress, signal, maxPixels, decodeSeconds, ...rest } = options;
  const weights = weightsOf(source);
  signal?.throwIfAborted();
  const isOwn = backend === undefined;
  const engine = isOwn
    ? await startEngine('engine', { threads, kernels, base })
    : engineOf('loadClassifier', backend);
  const end = (error: Error): void => {
    if (isOwn) engine.end(error);
  };
  try {
    const sent = { ...rest, maxPixels, decodeSeconds };
    const facts = await engine.channel.call('loadClassifier', [weights, sent], {
      signal,
      on: { progress: onProgress },
    });
    return new Classifier({
      ...{ channel: engine.channel, facts, about: aboutEngine(engine.facts) },
      limits: pictureLimits({ maxPixels, decodeSeconds }),
      end: () => {
        end(new DisposedError(`the classifier of ${facts.name} was disposed of; make another to use it`));
      },
    });
  } catch (error) {
    end(new DisposedError('the classifier was not loaded'));
    throw error;
  }
}

function weightsOf(source: unknown): SentWeights {
  if (typeof source === 'string' && /^(hf|opfs):/.test(source)) return { kind: 'name', name: source };
  if ((typeof source === 'string' && source !== '') || isUrl(source)) {
    const given = String(source);
    if (!URL.canParse(given, pageUrl())) throw new UsageError(`loadClassifier: ${given} is no URL`);
    return { kind: 'name', name: new URL(given, pageUrl()).href };
  }
  // Known by its tag.
  if (isBlob(source)) return { kind: 'blob', blob: source as unknown as Blob, name: nameOf(source) };
  if (!isDetached(source) && isUint8Array(source))
    return { kind: 'bytes', bytes: source, name: 'the weights' };
  if (!isDetached(source) && isArrayBuffer(source)) {
    return { kind: 'bytes', bytes: new Uint8Array(source), name: 'the weights' };
  }
  throw new UsageError(
    `loadClassifier: expected a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got ${described(source)}`,
  );
}

function nameOf(blob: BlobLike): string {
  return 'name' in blob && typeof blob.name === 'string' ? blob.name : 'the weights';
}
