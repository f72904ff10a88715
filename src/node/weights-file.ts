import { basename } from 'node:path';
import type { Preprocessing } from '../data/preprocessing.ts';
import { isWeight } from '../train/checkpoint.ts';
import { readDescription, type Description } from '../train/description.ts';
import type { TensorArchive, TensorEntry } from '../weights/archive.ts';
import { openArchive } from '../weights/open.ts';
import { unwrap } from '../weights/unwrap.ts';
import { openFileSource } from './byte-source.ts';

/** A file of weights, opened: what it says is known, tensors are read when they are asked for. */
export interface WeightsFile {
  /** As the user called it. */
  readonly name: string;
  readonly archive: TensorArchive;
  /** The weights and running statistics alone, out of what training programs put around them. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
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
  readonly preprocessing?: Preprocessing | undefined;
  readonly classes?: readonly string[] | undefined;
  readonly licence?: string | undefined;
  readonly origin?: string | undefined;
}

/**
 * Opens a file of weights for `work` and closes it afterwards, whatever happens. Throws a `CardinalError` if the file
 * is not there, damaged, or holds no weights.
 */
export async function withWeightsFile<T>(name: string, work: (file: WeightsFile) => Promise<T>): Promise<T> {
  const source = await openFileSource(name);
  try {
    const archive = await openArchive(source);
    const description = readDescription(archive.metadata, name);
    return await work({
      name,
      archive,
      description,
      known: { origin: basename(name) },
      ...weightsIn(archive, description),
    });
  } finally {
    await source.close();
  }
}

function weightsIn(
  archive: TensorArchive,
  description: Description | undefined,
): Pick<WeightsFile, 'tensors' | 'notes'> {
  if (description !== undefined) {
    return { tensors: new Map([...archive.tensors].filter(([name]) => isWeight(name))), notes: [] };
  }
  const { tensors, path, others } = unwrap(archive);
  const left = [...others].map(([name, count]) => `${name} (${count} ${count === 1 ? 'tensor' : 'tensors'})`);
  const notes = others.size === 0 ? [] : [`took the weights under '${path}', left ${left.join(', ')}`];
  return { tensors, notes };
}
