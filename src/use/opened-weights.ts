import { checkKind, having } from '../base/options.ts';
import { quoted, shortened } from '../base/quoted.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import type { AnyModule } from '../nn/module.ts';
import { standardizedBy, tensorInUnits, type Standardized } from '../train/in-units.ts';
import { readDescription, type Description } from '../train/description.ts';
import type { TensorArchive, TensorEntry, Unreadable } from '../weights/archive.ts';
import type { ByteSource } from '../weights/byte-source.ts';
import { weightTest } from '../weights/checkpoint.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { decodeTensor } from '../weights/dtypes.ts';
import { faultsOf, matchTensors } from '../weights/match.ts';
import { openArchive } from '../weights/open.ts';
import { unreadableList } from '../weights/unreadable.ts';
import { unwrap, type Unwrapped } from '../weights/unwrap.ts';

/** Weights, opened: their metadata is known, tensors are read when they are needed. */
export interface OpenedWeights {
  /** As the user called them. */
  readonly name: string;
  readonly archive: TensorArchive;
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
 * Opens weights of any format from wherever their bytes are: a file, a `Blob`, memory (`bytesSource`). The source must stay open while
 * tensors are read. Throws a `CardinalError` if they are damaged (checksums are verified when tensors are read, unless `verify` is
 * false) or none.
 */
export async function openWeightsFrom(
  source: ByteSource,
  known: KnownOfWeights = {},
  options: VerifyOptions = {},
): Promise<OpenedWeights> {
  checkKind('openWeightsFrom', 'the file', source, having('a source of bytes, as bytesSource gives', 'read'));
  const { name } = source;
  const archive = await openArchive(source, options);
  const description = readDescription(archive.metadata, name);
  return {
    ...{ name, archive, description },
    known: { ...known, ...notedIn(archive) },
    ...weightsIn(archive, description, name),
  };
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
): Pick<OpenedWeights, 'tensors' | 'unreadable' | 'around' | 'notes'> {
  const unread =
    archive.unreadable.size === 0
      ? []
      : [
          `left out ${archive.unreadable.size === 1 ? 'a tensor that cannot' : `${archive.unreadable.size} tensors that cannot`} be read: ${unreadableList(archive.unreadable)}`,
        ];
  if (description !== undefined) {
    const isWeight = weightTest(archive.metadata, source);
    const own = new Map([...archive.tensors].filter(([name]) => isWeight(name)));
    const standardized = archive.metadata.has('training')
      ? standardizedBy(description.recipe?.loss)
      : undefined;
    const tensors = standardized === undefined ? own : inUnits(own, standardized);
    return { tensors, unreadable: archive.unreadable, around: [], notes: unread };
  }
  const { tensors, unreadable, around, path, others } = unwrap(archive);
  const left = [...others].map(
    ([name, count]) => `${shortened(name)} (${count} ${count === 1 ? 'tensor' : 'tensors'})`,
  );
  const notes = others.size === 0 ? [] : [`took the weights under ${quoted(path)}, left ${left.join(', ')}`];
  return { tensors, unreadable, around, notes: [...notes, ...unread] };
}

/** Numbers in the data's units: what a run goes on with has them as it trains. */
function inUnits(
  tensors: ReadonlyMap<string, TensorEntry>,
  standardized: Standardized,
): ReadonlyMap<string, TensorEntry> {
  const inUnitsOf = (name: string, entry: TensorEntry): TensorEntry => ({
    ...entry,
    read: async () => {
      const raw = await entry.read();
      const data = tensorInUnits(name, decodeTensor(raw), standardized);
      return data === undefined ? raw : { ...raw, data: new Uint8Array(data.buffer) };
    },
  });
  return new Map([...tensors].map(([name, entry]) => [name, inUnitsOf(name, entry)]));
}

/**
 * Weights as a network looks for them. One of the user's own may have an attribute called `model` or `net`, which is then a part of
 * its names and nothing that a program put around them.
 */
export function tensorsFor(
  model: AnyModule,
  { tensors, around }: Pick<OpenedWeights, 'tensors' | 'around'>,
): ReadonlyMap<string, TensorEntry> {
  const expected = model.stateSpecs();
  const faults = (given: ReadonlyMap<string, TensorEntry>): number => faultsOf(matchTensors(given, expected));
  return around.reduce((best, given) => (faults(given) < faults(best) ? given : best), tensors);
}
