import { UsageError } from '../base/errors.ts';
import { globSource } from '../base/glob.ts';
import { apart } from '../base/nearest.ts';
import { checkKind, text } from '../base/options.ts';
import type { Module } from '../nn/index.ts';
import { entries } from './entries.ts';
import { buildModel } from './build.ts';
import { optionsOf, type ModelEntry, type Pictures } from './entry.ts';
import { checkModelOptions, type ModelOptions, type OptionName } from './options.ts';

/** Options written in a program, or from outside and not yet checked. */
export type GivenOptions = ModelOptions | Readonly<Record<string, unknown>>;

/** What the registry knows of a model. */
export interface ModelInfo {
  readonly name: string;
  readonly description: string;
  readonly paper: string;
  /** C×H×W of the pictures it is for, with the chosen number of channels. */
  readonly inputShape: readonly [number, number, number];
  /** How its published weights want their pictures, where that is not as ImageNet's networks usually do. */
  readonly pictures?: Pictures;
  /** All options, defaults included. */
  readonly options: ModelOptions;
}

/** Names of the registry, those that match `pattern` (`*` any text, `?` any letter) if there is one. */
export function listModels(pattern = '*'): string[] {
  checkKind('listModels', 'the pattern', pattern, text);
  const regex = new RegExp(`^${globSource(pattern)}$`, 'i');
  return entries.map(({ name }) => name).filter((name) => regex.test(name));
}

/** What the registry knows of a model, with `options` applied. Throws a `UsageError` as `createModel` does. */
export function modelInfo(name: string, options: GivenOptions = {}): ModelInfo {
  const entry = find(name);
  const all = { ...entry.defaults, ...check(entry, options) };
  const [channels, height, width] = entry.inputShape;
  return {
    name: entry.name,
    description: entry.description,
    paper: entry.paper,
    inputShape: [all.inChannels ?? channels, height, width],
    ...(entry.pictures === undefined ? {} : { pictures: entry.pictures }),
    options: all,
  };
}

/**
 * Builds a network of the registry by its name. Weights are drawn when they are first needed, from seed 0 unless
 * `initialize` is called. `options` may come from outside: they are validated. Throws a `UsageError` for an unknown
 * name (it lists the nearest), for an option that the model does not have or an invalid value, and for options that
 * exclude each other.
 */
export function createModel(name: string, options: GivenOptions = {}): Module {
  const entry = find(name);
  const checked = check(entry, options);
  const model = buildModel(entry, checked);
  origins.set(model, { name: entry.name, options: checked });
  return model;
}

/** The name and the options of a network that `createModel` built; undefined for any other. */
export function modelOrigin(
  model: Module,
): { readonly name: string; readonly options: ModelOptions } | undefined {
  return origins.get(model);
}

const origins = new WeakMap<Module, { readonly name: string; readonly options: ModelOptions }>();

/** The name under which a network is listed; names that are no network's stay as they are. */
export function canonicalName(name: string): string {
  return entryOf(name)?.name ?? name;
}

function entryOf(name: string): ModelEntry | undefined {
  return entries.find((entry) => entry.name === name || entry.aliases?.includes(name) === true);
}

function find(name: string): ModelEntry {
  checkKind('a model of the registry', 'its name', name, text);
  const entry = entryOf(name);
  if (entry === undefined) {
    const names = entries.map((candidate) => candidate.name);
    throw new UsageError(
      `unknown model ${JSON.stringify(name)}; the nearest: ${similar(name, names).join(', ')}; "cardinal models" lists all ${names.length}`,
    );
  }
  return entry;
}

/** The nearest names, where a name also counts as near if only its template (`_32x4d`) is missing. */
function similar(name: string, candidates: readonly string[]): string[] {
  const score = (candidate: string) =>
    Math.min(apart(name, candidate), apart(name, candidate.replace(/[_.].*$/, '')) + 0.5);
  return candidates.toSorted((a, b) => score(a) - score(b)).slice(0, 5);
}

function check(entry: ModelEntry, options: GivenOptions): ModelOptions {
  return checkModelOptions(entry.name, options, optionsOf(entry), (option) => elsewhere(entry, option));
}

/** Where an option can be set that `entry` does not have, as the middle of a message. */
function elsewhere({ settingOf }: ModelEntry, option: OptionName): string {
  const having = entries.filter((candidate) => optionsOf(candidate).includes(option)).map(({ name }) => name);
  if (settingOf !== undefined && having.includes(settingOf)) {
    return `its name fixes ${option}; use the model ${settingOf} to choose it`;
  }
  const more = having.length > 4 ? ` and ${having.length - 3} more` : '';
  return `it has no ${option}; these have: ${having.slice(0, more === '' ? 4 : 3).join(', ')}${more}`;
}
