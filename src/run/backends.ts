import type { Backend } from '../backends/backend.ts';
import type { Conditions } from '../train/conditions.ts';
import type { EngineOptions } from './engine-options.ts';

/** A backend that can be asked for by name: in a platform's `createBackend`, by `--backend`, and in the `config.json` of a run. */
export interface BackendEntry {
  /** What it is, for `--help`. */
  readonly about: string;
  /** The options that it has a use for; the others are left out. */
  readonly options: readonly (keyof EngineOptions)[];
  /** Loads what it takes, and creates it. `options.threads` is a valid number. */
  readonly create: (options: EngineOptions & { readonly threads: number }) => Promise<Backend>;
  /** The options with which a run goes on as it was computed, as far as they can be had here. Absent: none are needed. */
  readonly optionsOf?: (conditions: Conditions) => EngineOptions;
}

/** The backends of a platform by name, the default first. */
export type Backends = Readonly<Record<string, BackendEntry>>;

/** Which backend, and how it computes. */
export interface EngineChoice extends EngineOptions {
  readonly name?: string | undefined;
}

/** The name of the backend that computes where none is asked for. */
export function defaultOf(backends: Backends): string {
  const [name] = Object.keys(backends);
  return name;
}

/** Those of `options` that are given and that a backend has a use for. */
export function optionsFor(entry: Pick<BackendEntry, 'options'>, options: EngineOptions): EngineOptions {
  const used = entry.options.filter((option) => options[option] !== undefined);
  return Object.fromEntries(used.map((option) => [option, options[option]]));
}
