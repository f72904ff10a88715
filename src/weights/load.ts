import { CardinalError, UsageError } from '../base/errors.ts';
import { anything, checkOptions, flag, oneOf, text, wholeFrom, type Kinds } from '../base/options.ts';
import { shortened } from '../base/quoted.ts';
import type { TensorData } from '../base/tensor-data.ts';
import { headOf } from '../nn/head.ts';
import { checkModule, type AnyModule } from '../nn/module.ts';
import { mismatchMessage } from '../nn/state.ts';
import { checkEntries } from './arguments.ts';
import { readTensors, type TensorEntry, type Unreadable } from './archive.ts';
import { adaptedEntry, inputConvolution } from './input-channels.ts';
import { matchTensors, type Match } from './match.ts';
import { renamer } from './name-maps.ts';
import { unreadableKind } from './unreadable.ts';

/** How weights are fitted to a network. */
export interface LoadWeightsOptions {
  /** What messages call the file. */
  readonly source: string;
  /**
   * `reset` leaves the classifier as the network drew it, whatever the file has for it: for other classes than the weights
   * were trained on. Default `keep`.
   */
  readonly head?: 'keep' | 'reset' | undefined;
  /**
   * Channels of the network's pictures, where the weights may be of pictures of others: then their first convolution is
   * adapted as timm does (see `adaptInputWeights`). Default: weights of other channels are refused.
   */
  readonly inChannels?: number | undefined;
  /** Load what fits and leave the rest of the network as it is, PyTorch's `strict=False` and other shapes too. Default false. */
  readonly partial?: boolean | undefined;
  /** Tensors of the file that cannot be read: named where one of them is what is missing. */
  readonly unreadable?: ReadonlyMap<string, Unreadable> | undefined;
}

const kinds: Kinds<LoadWeightsOptions> = {
  source: text,
  head: oneOf('keep', 'reset'),
  inChannels: wholeFrom(1),
  partial: flag,
  unreadable: anything,
};

/** The result of loading weights. Only with `partial` is anything missing, unexpected or misshaped. */
export interface LoadedWeights {
  /** Whose names the file has: the `id` of a name map. */
  readonly nameMap: string;
  /** What the network got, by its own names. */
  readonly loaded: readonly string[];
  /** What the file lacks of the network: it stays as it was. */
  readonly missing: readonly string[];
  /** What the network lacks of the file, by the file's names. */
  readonly unexpected: readonly string[];
  /** What has another shape and stays as it was: "fc.weight: expected 10×64, got 1000×64". */
  readonly misshaped: readonly string[];
  /** What the file has and cannot be read, by the file's names: "x (C64 2×3)". */
  readonly unreadable: readonly string[];
}

/**
 * Loads weights from a file into a network, under whichever name map they fit; tensors are read one after the other and
 * become the network's own. Throws a `CardinalError` as `requireFit` does, before the network is changed.
 */
export async function loadTensors(
  model: AnyModule,
  tensors: ReadonlyMap<string, TensorEntry>,
  options: LoadWeightsOptions,
): Promise<LoadedWeights> {
  const { tensors: fitting, ...found } = requireFit(model, tensors, options);
  const state = await readTensors(fitting);
  for (const [name, { dtype }] of model.stateSpecs()) {
    const given = state.get(name);
    if (dtype === 'I64' && given?.dtype === 'F32') state.set(name, wholeNumbers(given));
  }
  model.loadStateDict(state, { strict: false, assign: true });
  return found;
}

/** Counters that were saved as floats, halves as a rule, in which large ones are infinite: those begin anew. */
function wholeNumbers({ shape, data }: TensorData & { readonly dtype: 'F32' }): TensorData {
  const counts = Array.from(data, (value) => BigInt(Number.isFinite(value) ? Math.round(value) : 0));
  return { dtype: 'I64', shape, data: BigInt64Array.from(counts) };
}

/** What a partial loading left, for people. */
export interface UnmatchedTensors {
  /** How many found their place. */
  readonly summary: string;
  /** The others, by why they did not and what became of them. None is empty. */
  readonly groups: readonly {
    readonly why: string;
    readonly fate: string;
    readonly names: readonly string[];
  }[];
}

/** What a partial loading left; undefined if everything found its place. */
export function unmatchedTensors({
  loaded,
  missing,
  unexpected,
  misshaped,
}: LoadedWeights): UnmatchedTensors | undefined {
  const groups = [
    { why: 'not in the file', fate: 'kept at their initial values', names: missing },
    { why: 'of another shape', fate: 'kept at their initial values', names: misshaped },
    { why: 'not in the network', fate: 'ignored', names: unexpected },
  ].filter(({ names }) => names.length > 0);
  if (groups.length === 0) return undefined;
  const all = loaded.length + missing.length + misshaped.length;
  return { summary: `loaded ${loaded.length} of ${all} tensors`, groups };
}

/** The same in one line. */
export function unmatchedLine(loaded: LoadedWeights): string | undefined {
  const unmatched = unmatchedTensors(loaded);
  if (unmatched === undefined) return undefined;
  const parts = unmatched.groups.map(
    ({ why, names }) => `${why}: ${names.map((name) => shortened(name)).join(', ')}`,
  );
  return `${unmatched.summary}, the others stay as they were; ${parts.join('; ')}`;
}

/** A file's tensors under a network's names, and what did not find its place. */
export interface Fitting extends LoadedWeights {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/**
 * A file's tensors under a network's names. Throws a `CardinalError` that lists what is missing, what is left over and
 * what has another shape, unless everything has its place; with `partial` only if nothing has. Throws a `UsageError` if
 * `inChannels` is not what the network takes.
 */
export function requireFit(
  model: AnyModule,
  tensors: ReadonlyMap<string, TensorEntry>,
  options: LoadWeightsOptions,
): Fitting {
  checkModule('weights', 'the network', model);
  checkEntries('weights', tensors);
  checkOptions('weights', options, kinds, ['source']);
  const {
    source,
    head = 'keep',
    inChannels,
    partial = false,
    unreadable = new Map<string, Unreadable>(),
  } = options;
  const owner = `${source}: ${model.displayName ?? model.typeName}`;
  const match = matchTensors(tensors, model.stateSpecs());
  const adapted = inChannels === undefined ? match : withChannels(model, match, inChannels);
  const classifier = headOf(model);
  const fresh = head === 'reset' ? classifier : [];
  if (head === 'reset' && classifier.length === 0) {
    throw new CardinalError(
      `${model.displayName ?? model.typeName}: expected a Linear as its last layer, to reset as the head: load the weights as they are, and draw your classifier anew`,
    );
  }
  const missing = match.missing.filter((name) => !fresh.includes(name));
  const misshaped = new Map([...adapted.misshaped].filter(([name]) => !fresh.includes(name)));
  const { unexpected } = match;
  const fitting = new Map(
    [...adapted.tensors].filter(([name]) => !fresh.includes(name) && !misshaped.has(name)),
  );
  if (partial ? fitting.size === 0 : missing.length + unexpected.length + misshaped.size > 0) {
    const rest = { missing, unexpected, misshaped };
    throw new CardinalError(
      refusal(owner, model, match, rest, classifier) + unread(match, missing, unreadable),
    );
  }
  return {
    nameMap: match.nameMap.id,
    tensors: fitting,
    loaded: [...fitting.keys()],
    missing,
    unexpected,
    misshaped: [...misshaped.values()],
    unreadable: [...unreadable].map(([name, what]) => `${name} (${unreadableKind(what)})`),
  };
}

/** The match with the first convolution adapted to so many channels, if that is all that it lacks. */
function withChannels(
  model: AnyModule,
  match: Match<TensorEntry>,
  inChannels: number,
): Pick<Match<TensorEntry>, 'tensors' | 'misshaped'> {
  const input = inputConvolution(model);
  if (input === undefined) {
    throw new UsageError(
      `inChannels: ${model.displayName ?? model.typeName} does not begin with a dense convolution that could be adapted: leave it out`,
    );
  }
  const { convolution } = input;
  if (convolution.inChannels !== inChannels) {
    throw new UsageError(
      `inChannels: expected ${convolution.inChannels}, which ${model.displayName ?? model.typeName} takes, got ${inChannels}`,
    );
  }
  const adapted = adaptedInput(model, match);
  if (adapted === undefined) return match;
  return {
    tensors: new Map(
      [...match.tensors].map(([key, old]) => [key, key === adapted.name ? adapted.entry : old]),
    ),
    misshaped: new Map([...match.misshaped].filter(([key]) => key !== adapted.name)),
  };
}

/** The first convolution's weights for the network's channels, if it is those that the file has others of. */
function adaptedInput(
  model: AnyModule,
  { tensors, misshaped }: Match<TensorEntry>,
): { readonly name: string; readonly entry: TensorEntry; readonly channels: number } | undefined {
  const input = inputConvolution(model);
  if (input === undefined) return undefined;
  const { convolution, path } = input;
  const channels = convolution.inChannels;
  const name = path === '' ? 'weight' : `${path}.weight`;
  const given = misshaped.has(name) ? tensors.get(name) : undefined;
  const entry = given && adaptedEntry(given, channels);
  // A kernel of another size makes another network.
  return entry?.shape.join() === convolution.weight.shape.join() ? { name, entry, channels } : undefined;
}

function refusal(
  owner: string,
  model: AnyModule,
  match: Match<TensorEntry>,
  { missing, unexpected, misshaped }: Pick<Match<TensorEntry>, 'missing' | 'unexpected' | 'misshaped'>,
  classifier: readonly string[],
): string {
  const texts = [...misshaped.values()];
  const input = adaptedInput(model, match);
  const others = [...misshaped.keys()].filter((name) => name !== input?.name);
  if (
    missing.length + unexpected.length > 0 ||
    misshaped.size === 0 ||
    others.some((name) => !classifier.includes(name))
  ) {
    return mismatchMessage(owner, { missing, unexpected, misshaped: texts });
  }
  const faults: string[] = [];
  const cures: string[] = [];
  if (input !== undefined && misshaped.has(input.name)) {
    faults.push('other input channels');
    cures.push(`\`inChannels: ${input.channels}\` adapts them`);
  }
  if (others.length > 0) {
    faults.push('other classes');
    cures.push("to train, `head: 'reset'` begins with a fresh classifier");
  }
  return `${owner}: the weights have ${faults.join(' and ')} (${texts.join(', ')}): ${cures.join('; ')}`;
}

/** The end of a message: which of the missing tensors the file has, and why they are not read. */
function unread(
  { nameMap }: Match<TensorEntry>,
  missing: readonly string[],
  unreadable: ReadonlyMap<string, Unreadable>,
): string {
  const rename = renamer(nameMap);
  const lacking = new Set(missing);
  const wanted = [...unreadable].filter(([name]) => lacking.has(rename(name)));
  if (wanted.length === 0) return '';
  const [[name, what]] = wanted;
  const more = wanted.length === 1 ? '' : ` and ${wanted.length - 1} more`;
  return ` ${shortened(name)} is there as ${unreadableKind(what)}${more}, which cannot be read: save the network in floating point (float32, float16 or bfloat16)`;
}
