import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { quoted, shortened } from '../base/quoted.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { canonicalName } from '../models/registry.ts';
import type { Module } from '../nn/module.ts';
import { weightTest } from '../train/checkpoint.ts';
import { readDescription, type Description } from '../train/description.ts';
import type { TensorArchive, TensorEntry, Unreadable } from '../weights/archive.ts';
import type { ByteSource } from '../weights/byte-source.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { openArchive } from '../weights/open.ts';
import { faultsOf, matchTensors } from '../weights/match.ts';
import { unreadableList } from '../weights/unreadable.ts';
import { unwrap, type Unwrapped } from '../weights/unwrap.ts';
import { openFileSource } from '../node/byte-source.ts';
import { isHubName } from '../node/hub/name.ts';
import type { HubOptions } from '../node/hub/repo.ts';

/** A file of weights, opened: what it says is known, tensors are read when they are asked for. */
export interface WeightsFile {
  /** As the user called it. */
  readonly name: string;
  readonly archive: TensorArchive;
  /** Where it lies; of the hub's, in the cache. */
  readonly path: string;
  /** SHA-256 of the whole file, as lower-case hexadecimal. */
  digest(): Promise<string>;
  /** The weights and running statistics alone, out of what training programs put around them. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Those among them that cannot be read, and are left out. */
  readonly unreadable: ReadonlyMap<string, Unreadable>;
  /** The same with what is around them, a layer more each time: see `tensorsFor`. */
  readonly around: Unwrapped['around'];
  /** What Cardinal wrote into the file; bare weights, PyTorch's say, have none. */
  readonly description: Description | undefined;
  /** What is known of bare weights from elsewhere: the configuration that lies beside them in a repository. */
  readonly known: KnownOfWeights;
  /** Lines for the user: which of several sets of weights was taken. */
  readonly notes: readonly string[];
}

/** What may be known of weights without having trained them; every part may be missing. */
export interface KnownOfWeights {
  /** Name in the registry. */
  readonly model?: string | undefined;
  /** How pictures are prepared where accuracies are published. */
  readonly preprocessing?: Preprocessing | undefined;
  /** How they were prepared for training, if that is another way: smaller, as a rule. */
  readonly trainingPreprocessing?: Preprocessing | undefined;
  readonly classes?: readonly string[] | undefined;
  readonly licence?: string | undefined;
  readonly origin?: string | undefined;
}

/**
 * Opens a file of weights for `work` and closes it afterwards, whatever happens; `hf:owner/repo` is downloaded first. Throws
 * a `CardinalError` if the file is not there, damaged (its checksums are verified when tensors are read, unless `verify` is
 * false), or holds no weights.
 */
export async function withWeightsFile<T>(
  given: string | URL,
  work: (file: WeightsFile) => Promise<T>,
  hub: HubOptions = {},
  { verify }: VerifyOptions = {},
): Promise<T> {
  const name = nameOf(given);
  refuseAddress(name);
  const { path, known } = await locate(name, hub);
  const source = await openFileSource(path).catch((error: unknown) => {
    // A repository's name looks like a path.
    const maybeRepo = /^[\w.-]+\/[\w.-]+$/.test(name) && !/\.(safetensors|pth|pt|th|bin)$/.test(name);
    throw maybeRepo && error instanceof CardinalError
      ? new CardinalError(`${error.message} (or hf:${name}, if the hub's is meant)`)
      : error;
  });
  try {
    const archive = await openArchive({ ...source, name }, { verify });
    const description = readDescription(archive.metadata, name);
    const noted = { ...known, ...notedIn(archive) };
    return await work({
      ...{ name, path, archive, description, known: noted },
      digest: () => digestOf(source),
      ...weightsIn(archive, description, name),
    });
  } finally {
    await source.close();
  }
}

async function digestOf(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < source.size; at += digestPart)
    hash.update(await source.read(at, Math.min(digestPart, source.size - at)));
  return hash.digest('hex');
}

/** Bytes that are hashed at once. */
const digestPart = 2 ** 22;

/** Throws a `UsageError` for what is neither a path nor a URL, whatever types say. */
function nameOf(given: unknown): string {
  if (given instanceof URL) return given.protocol === 'file:' ? fileURLToPath(given) : given.href;
  if (typeof given === 'string' && given !== '') return given;
  throw new UsageError(
    `weights: expected the path or file: URL of a file, or hf:owner/repo, got ${described(given)}`,
  );
}

/** An address of the web is no file, and what is meant can be said: the hub's have a short form, others are fetched first. */
function refuseAddress(name: string): void {
  if (!/^https?:\/\//i.test(name)) return;
  const repo = /^https?:\/\/(?:huggingface\.co|hf\.co)\/([^/?#]+\/[^/?#]+)/i.exec(name)?.[1];
  throw new UsageError(
    `${name} is an address, expected a file: ${repo === undefined ? 'download it and name the file' : `give hf:${repo}`}`,
  );
}

async function locate(
  name: string,
  hub: HubOptions,
): Promise<{ readonly path: string; readonly known: KnownOfWeights }> {
  if (!isHubName(name)) return { path: name, known: { origin: basename(name) } };
  // Loaded when it is needed: most files are on this machine.
  const { resolveHub } = await import('../node/hub/resolve.ts');
  const { path, config, origin } = await resolveHub(name, hub);
  if (config === undefined) return { path, known: { origin } };
  const { architecture, preprocessing: trainingPreprocessing, classes, licence } = config;
  const model = canonicalName(architecture);
  const preprocessing = config.testPreprocessing ?? trainingPreprocessing;
  return { path, known: { model, preprocessing, trainingPreprocessing, classes, licence, origin } };
}

/** What `convert` writes down of weights whose network nobody named. */
function notedIn({ metadata }: TensorArchive): Pick<KnownOfWeights, 'origin' | 'licence'> {
  const origin = metadata.get('origin');
  const licence = metadata.get('licence');
  return { ...(origin === undefined ? {} : { origin }), ...(licence === undefined ? {} : { licence }) };
}

function weightsIn(
  archive: TensorArchive,
  description: Description | undefined,
  source: string,
): Pick<WeightsFile, 'tensors' | 'unreadable' | 'around' | 'notes'> {
  const unread =
    archive.unreadable.size === 0
      ? []
      : [
          `left out ${archive.unreadable.size === 1 ? 'a tensor that cannot' : `${archive.unreadable.size} tensors that cannot`} be read: ${unreadableList(archive.unreadable)}`,
        ];
  if (description !== undefined) {
    const isWeight = weightTest(archive.metadata, source);
    const tensors = new Map([...archive.tensors].filter(([name]) => isWeight(name)));
    return { tensors, unreadable: archive.unreadable, around: [], notes: unread };
  }
  const { tensors, unreadable, around, path, others } = unwrap(archive);
  const left = [...others].map(
    ([name, count]) => `${shortened(name)} (${count} ${count === 1 ? 'tensor' : 'tensors'})`,
  );
  const notes = others.size === 0 ? [] : [`took the weights under ${quoted(path)}, left ${left.join(', ')}`];
  return { tensors, unreadable, around, notes: [...notes, ...unread] };
}

/**
 * A file's weights as a network looks for them. One of the user's own may have an attribute called `model` or `net`, which
 * is then a part of its names and nothing that a program put around them.
 */
export function tensorsFor(
  model: Module,
  { tensors, around }: WeightsFile,
): ReadonlyMap<string, TensorEntry> {
  const expected = model.stateSpecs();
  const faults = (given: ReadonlyMap<string, TensorEntry>): number => faultsOf(matchTensors(given, expected));
  return around.reduce((best, given) => (faults(given) < faults(best) ? given : best), tensors);
}
