import { checkModelOptions, type ModelOptions } from '../models/options.ts';
import { buildModel } from '../models/build.ts';
import { optionsOf, type ModelEntry } from '../models/entry.ts';
import type { Module } from '../nn/module.ts';
import { partsForUse, readParts } from '../train/description-parts.ts';
import type { ModelDescription } from '../train/inference-network.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import { readTensors } from '../weights/archive.ts';
import type { ByteSource } from '../weights/byte-source.ts';
import { weightTest } from '../weights/checkpoint.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import { maybeSafetensors, prefixBytes } from '../weights/safetensors-header.ts';
import { openKnownSafetensors } from '../weights/safetensors.ts';

/** A network with the weights of a checkpoint, and what it takes to use it. */
export interface OwnCheckpoint {
  readonly model: Module;
  readonly description: ModelDescription;
  readonly classes: readonly string[] | undefined;
  readonly preprocessing: Preprocessing | undefined;
  readonly temperature: number | undefined;
  readonly origin: string | undefined;
  readonly licence: string | undefined;
}

/**
 * The network of a checkpoint that Cardinal wrote, if it is one of `networks`; undefined for any other file, for `loadFrom` to read.
 * What it takes to load is all that the small script of a page carries. Throws a `CardinalError` if it is damaged.
 */
export async function loadOwnCheckpoint(
  source: ByteSource,
  networks: readonly ModelEntry[],
  options: VerifyOptions = {},
): Promise<OwnCheckpoint | undefined> {
  const prefix = await source.read(0, Math.min(source.size, prefixBytes));
  if (!maybeSafetensors(prefix)) return undefined;
  const { metadata, tensors, unreadable } = await openKnownSafetensors(source, options);
  const found = readParts(partsForUse, metadata, source.name);
  const entry = networks.find(({ name }) => name === found?.model.name);
  // Only the other script knows what to say of labels and numbers.
  if (found === undefined || found.task !== undefined || entry === undefined || unreadable.size > 0)
    return undefined;
  const { model: description, ...facts } = found;
  let checked: ModelOptions;
  try {
    checked = checkModelOptions(entry.name, description.options, optionsOf(entry), () => '');
  } catch {
    // Such as only a larger script knows.
    return undefined;
  }
  const model = buildModel(entry, checked);
  const isWeight = weightTest(metadata, source.name);
  const weights = new Map([...tensors].filter(([name]) => isWeight(name)));
  model.loadStateDict(await readTensors(weights), { assign: true });
  return {
    ...{ classes: undefined, preprocessing: undefined, temperature: undefined },
    ...{ origin: undefined, licence: undefined },
    model,
    description,
    ...facts,
  };
}
