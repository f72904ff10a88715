import { CardinalError } from '../base/errors.ts';
import { Linear } from '../nn/layers/linear.ts';
import type { Module } from '../nn/module.ts';
import { mismatchMessage } from '../nn/state.ts';
import { readTensors, type TensorEntry } from './archive.ts';
import { matchTensors } from './match.ts';

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
 * become the network's own. Gives the name map's id. Throws a `CardinalError` that lists what is missing, what is left
 * over and what has another shape, before the network is changed.
 */
export async function loadTensors(
  model: Module,
  tensors: ReadonlyMap<string, TensorEntry>,
  { source, head = 'keep' }: LoadWeightsOptions,
): Promise<string> {
  const match = matchTensors(tensors, model.stateSpecs());
  const classifier = headOf(model);
  const fresh = head === 'reset' ? classifier : [];
  const missing = match.missing.filter((name) => !fresh.includes(name));
  const misshaped = [...match.misshaped].filter(([name]) => !fresh.includes(name));
  const { unexpected } = match;
  if (missing.length + unexpected.length + misshaped.length > 0) {
    const owner = `${source}: ${model.displayName ?? model.typeName}`;
    const texts = misshaped.map(([, text]) => text);
    const otherClasses =
      missing.length + unexpected.length === 0 && misshaped.every(([name]) => classifier.includes(name));
    throw new CardinalError(
      otherClasses
        ? `${owner}: the weights tell other classes apart (${texts.join(', ')}): reset the head to train on these`
        : mismatchMessage(owner, { missing, unexpected, misshaped: texts }),
    );
  }
  const wanted = new Map([...match.tensors].filter(([name]) => !fresh.includes(name)));
  model.loadStateDict(await readTensors(wanted), { strict: false, assign: true });
  return match.nameMap.id;
}

/** The names of the classifier's tensors: those of the last `Linear`. */
export function headOf(model: Module): string[] {
  const [path, last] = model.namedModules().findLast(([, module]) => module instanceof Linear) ?? [];
  if (last === undefined) return [];
  return last.ownParameters().map(([name]) => (path === '' ? name : `${path ?? ''}.${name}`));
}
