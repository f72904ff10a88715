import { CardinalError } from '../base/errors.ts';
import type { TensorData } from '../base/tensor-data.ts';
import { Linear } from '../nn/layers/linear.ts';
import type { Module } from '../nn/module.ts';
import { mismatchMessage } from '../nn/state.ts';
import { readTensors, type TensorEntry } from './archive.ts';
import { matchTensors, type Described, type Match } from './match.ts';

export interface LoadWeightsOptions {
  /** What messages call the file. */
  readonly source: string;
  /**
   * `reset` leaves the classifier as the network drew it, whatever the file has for it: for other classes than the weights
   * were trained on. Default `keep`.
   */
  readonly head?: 'keep' | 'reset' | undefined;
}

/**
 * Puts weights from a file into a network, under whichever name map they fit; tensors are read one after the other and
 * become the network's own. Throws a `CardinalError` as `requireFit` does, before the network is changed.
 */
export async function loadTensors(
  model: Module,
  tensors: ReadonlyMap<string, TensorEntry>,
  options: LoadWeightsOptions,
): Promise<void> {
  const found = requireFit(model, tensors, options);
  const state = await readTensors(found.tensors);
  for (const [name, { dtype }] of model.stateSpecs()) {
    const given = state.get(name);
    if (dtype === 'I64' && given?.dtype === 'F32') state.set(name, wholeNumbers(given));
  }
  model.loadStateDict(state, { strict: false, assign: true });
}

/** Counters that were saved as floats, halves as a rule, in which large ones are infinite: those begin anew. */
function wholeNumbers({ shape, data }: TensorData & { readonly dtype: 'F32' }): TensorData {
  const counts = Array.from(data, (value) => BigInt(Number.isFinite(value) ? Math.round(value) : 0));
  return { dtype: 'I64', shape, data: BigInt64Array.from(counts) };
}

/**
 * A file's tensors under a network's names. Throws a `CardinalError` that lists what is missing, what is left over and
 * what has another shape, unless everything has its place.
 */
export function requireFit<T extends Described>(
  model: Module,
  tensors: ReadonlyMap<string, T>,
  { source, head = 'keep' }: LoadWeightsOptions,
): Pick<Match<T>, 'tensors' | 'nameMap'> {
  const match = matchTensors(tensors, model.stateSpecs());
  const classifier = headOf(model);
  const fresh = head === 'reset' ? classifier : [];
  if (head === 'reset' && classifier.length === 0) {
    throw new CardinalError(
      `${model.displayName ?? model.typeName}: expected a Linear as its last layer, to reset as the head: load the weights as they are, and draw your classifier anew`,
    );
  }
  const missing = match.missing.filter((name) => !fresh.includes(name));
  const misshaped = [...match.misshaped].filter(([name]) => !fresh.includes(name));
  const { unexpected, nameMap } = match;
  if (missing.length + unexpected.length + misshaped.length > 0) {
    const owner = `${source}: ${model.displayName ?? model.typeName}`;
    const texts = misshaped.map(([, text]) => text);
    const otherClasses =
      missing.length + unexpected.length === 0 && misshaped.every(([name]) => classifier.includes(name));
    throw new CardinalError(
      otherClasses
        ? `${owner}: the weights tell other classes apart (${texts.join(', ')}): to train, --head reset (in a program, head: 'reset') begins with a fresh classifier`
        : mismatchMessage(owner, { missing, unexpected, misshaped: texts }),
    );
  }
  return { nameMap, tensors: new Map([...match.tensors].filter(([name]) => !fresh.includes(name))) };
}

/**
 * The names of the classifier's tensors: those of the only `Linear`, or of the last one if no other parameters follow it.
 * None if there is no such: where a convolution tells the classes apart, a `Linear` before it does something else.
 */
export function headOf(model: Module): string[] {
  const layers = model.namedModules().filter(([, module]) => module.ownParameters().length > 0);
  const linears = layers.filter(([, module]) => module instanceof Linear);
  const head = linears.length === 1 ? linears.at(0) : layers.at(-1);
  if (head === undefined) return [];
  const [path, layer] = head;
  if (!(layer instanceof Linear)) return [];
  return layer.ownParameters().map(([name]) => (path === '' ? name : `${path}.${name}`));
}
