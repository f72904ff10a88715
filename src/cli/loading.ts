import type { Preprocessing } from '../data/preprocessing.ts';
import { parseSet } from '../models/options.ts';
import type { OpenData } from '../node/data/open.ts';
import { prepareFor, type Preparable } from '../node/prepare.ts';
import { loadTrained, type Trained } from '../node/trained.ts';
import type { WeightsFlags } from './flags.ts';
import { tell } from './print.ts';
import { requirePerChannel } from './training.ts';

/** The network and weights that the flags name; what the file leaves open is told. */
export async function loadForUse(path: string, { model, set = [] }: WeightsFlags): Promise<Trained> {
  const trained = await loadTrained(path, { model, options: parseSet(set) });
  for (const note of trained.notes) tell(`note: ${note}`);
  return trained;
}

/** How its pictures are prepared; a guess is told. */
export async function preprocessingFor(
  trained: Preparable,
  flags: WeightsFlags,
  data?: OpenData,
): Promise<Preprocessing> {
  const { preprocessing, note } = await prepareFor(trained, flags, data);
  requirePerChannel(preprocessing);
  if (note !== undefined) tell(`warning: ${note}`);
  return preprocessing;
}
