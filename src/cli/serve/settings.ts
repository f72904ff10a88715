import { isIP } from 'node:net';
import { UsageError } from '../../base/errors.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { parseSet } from '../../models/options.ts';
import { readClassNames } from '../../node/class-names.ts';
import { defaultThreads } from '../../node/threads.ts';
import type { ModelSource } from '../../serve/models/source.ts';
import { isKey } from '../../serve/safety/key.ts';
import type { TlsOptions } from '../../serve/tls.ts';
import type { EngineFlags } from '../flags/engine.ts';
import type { WeightsFlags } from '../flags/weights.ts';
import type { LogLevel } from './defaults.ts';

/** Flags of `cardinal serve`. */
export interface ServeFlags extends EngineFlags, WeightsFlags, PictureLimitOptions {
  readonly name?: readonly string[];
  readonly classes?: string;
  readonly host: string;
  readonly port: number;
  readonly grpcPort?: number;
  readonly cors?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly maxBatch: number;
  /** Milliseconds. */
  readonly maxDelay: number;
  readonly queue: number;
  /** Seconds. */
  readonly timeout: number;
  /** MiB. */
  readonly maxBody: number;
  /** Seconds. */
  readonly grace: number;
  /** Seconds. */
  readonly drainDelay: number;
  readonly watch: boolean;
  readonly processes: number;
  readonly logLevel: LogLevel;
}

/** The models that arguments and flags name: what the weights do not say themselves is the same for all of them. */
export async function sourcesOf(
  weights: readonly string[],
  { name: names, classes: file, model, set = [], inChannels, partial, verify, ...wanted }: ServeFlags,
): Promise<ModelSource[]> {
  if (names !== undefined && names.length !== weights.length) {
    throw new UsageError(
      `--name: expected one for each of the weights, in their order, got ${names.length} for ${weights.length}`,
    );
  }
  const twice = names?.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--name: expected names that differ, got '${twice}' twice`);
  const classes = file === undefined ? undefined : await readClassNames(file);
  const { mean, std, imageSize, maxBatch, maxDelay } = wanted;
  const options = parseSet(set);
  return weights.map((path, index) => ({
    weights: path,
    name: names?.[index],
    ...{ classes, model, options, inChannels, partial, verify, mean, std, imageSize },
    ...{ maxBatch, maxDelay },
  }));
}

/**
 * The key that clients must send, from the environment; undefined if there is none. One that is empty was most likely meant to be
 * something: serving everybody instead would be the worst guess.
 */
export function keyOf({ CARDINAL_API_KEY: key }: NodeJS.ProcessEnv): string | undefined {
  if (key?.trim() === '') {
    throw new UsageError('CARDINAL_API_KEY is empty: give it a value, or unset it to serve without a key');
  }
  if (key !== undefined && !isKey(key)) {
    throw new UsageError('CARDINAL_API_KEY: expected letters, digits and signs without spaces');
  }
  return key;
}

/**
 * Names by which clients may call the server: those that are given, and the one by which it was told to listen. Undefined if there is
 * none, and then who it listens to decides.
 */
export function hostsOf({
  host,
  allowHost = [],
}: Pick<ServeFlags, 'host' | 'allowHost'>): string[] | undefined {
  const names = [...allowHost, ...(isIP(host) === 0 && host !== 'localhost' ? [host] : [])];
  return names.length === 0 ? undefined : names;
}

/** Threads of each process, if nobody says: undefined is what one process takes. */
export function threadsOf({
  threads,
  processes,
}: Pick<ServeFlags, 'threads' | 'processes'>): number | undefined {
  if (threads !== undefined || processes === 1) return threads;
  return Math.max(1, Math.floor(defaultThreads() / processes));
}

/** What is to be served, and how. */
export interface Settings {
  readonly flags: ServeFlags;
  readonly key: string | undefined;
  readonly tls: TlsOptions | undefined;
  readonly sources: readonly ModelSource[];
}
