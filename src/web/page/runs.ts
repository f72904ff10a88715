import {
  abortSignal,
  callback,
  checkKind,
  checkOptions,
  numberFrom,
  wholeFrom,
  type Kind,
  type Kinds,
} from '../../base/options.ts';
import type { BlobLike } from '../../data/file-content.ts';
import { isBlob } from '../../data/picture-forms.ts';
import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import type { RunSummary } from '../store/list-runs.ts';
import type { RunsService } from '../store/service.ts';
import type { WebBackendOptions } from './backend-options.ts';
import { startEngine, type PageEngine } from './engine.ts';
import type { EngineService } from '../engine/service.ts';
import { place } from './place.ts';
import { url } from './url.ts';

/** Where the scripts of the package are, if not where the bundler put them. */
export type RunsOptions = Pick<WebBackendOptions, 'base'>;

/** How a run is exported. */
export interface ExportOptions extends RunsOptions {
  /** Told how many bytes of how many are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a run is imported. */
export interface ImportOptions extends ExportOptions {
  /** The most bytes that its files may have together. Default 16 GiB. */
  readonly maxBytes?: number | undefined;
}

/** What is read of a run's metrics. */
export interface MetricsOptions extends RunsOptions {
  /** How many of the newest lines. Default 1000. */
  readonly last?: number | undefined;
}

const runsKinds: Kinds<RunsOptions> = { base: url };
const exportKinds: Kinds<ExportOptions> = { ...runsKinds, onProgress: callback, signal: abortSignal };
const importKinds: Kinds<ImportOptions> = { ...exportKinds, maxBytes: numberFrom(0) };
const metricsKinds: Kinds<MetricsOptions> = { ...runsKinds, last: wholeFrom(1) };

const exported: Kind = { expected: 'a File or Blob, as exportRun gives', is: isBlob };

/** The runs that are kept in this site's private file system, by name. Throws a `CardinalError` where there is none to be had. */
export async function listRuns(options: RunsOptions = {}): Promise<RunSummary[]> {
  checkOptions('listRuns', options, runsKinds);
  return (await engineFor(options)).channel.call('listRuns', []);
}

/**
 * A run as one file, a zip archive on the disk: to be saved by the page's visitor, unpacked by `cardinal unpack` and continued by
 * `cardinal train --resume`, or imported elsewhere. It can be read as long as the page is open. Throws a `CardinalError` if there is no
 * such run or no room for the file; an `InUseError` if some tab trains in it.
 */
export async function exportRun(path: string, options: ExportOptions = {}): Promise<File> {
  checkKind('exportRun', 'the run', path, place);
  checkOptions('exportRun', options, exportKinds);
  const { signal, onProgress } = options;
  return (await engineFor(options)).channel.call('exportRun', [path], {
    signal,
    on: { progress: onProgress },
  });
}

/**
 * Makes a run of an exported file, of a page or of `cardinal pack`, in a folder that is empty or not there; whole or not at all. Throws a
 * `CardinalError` if the file is damaged or holds no run, if the folder holds anything, or if there is no room.
 */
export async function importRun(file: BlobLike, path: string, options: ImportOptions = {}): Promise<void> {
  checkKind('importRun', 'the file', file, exported);
  checkKind('importRun', 'the run', path, place);
  checkOptions('importRun', options, importKinds);
  const { signal, onProgress, maxBytes } = options;
  // It is cloned on its way, which no other thing of these methods can be.
  const given = file as unknown as Blob;
  const { channel } = await engineFor(options);
  await channel.call('importRun', [given, path, maxBytes], { signal, on: { progress: onProgress } });
}

/** Deletes a run with all its files. Throws a `CardinalError` if there is none, an `InUseError` if some tab trains in it. */
export async function deleteRun(path: string, options: RunsOptions = {}): Promise<void> {
  checkKind('deleteRun', 'the run', path, place);
  checkOptions('deleteRun', options, runsKinds);
  await (await engineFor(options)).channel.call('deleteRun', [path]);
}

/**
 * The newest lines of a run's metrics, the oldest of them first, also while some tab trains: steps, epochs, warnings and the end, as
 * `onEvent` gave them. Throws a `CardinalError` if there is no such run.
 */
export async function readMetrics(path: string, options: MetricsOptions = {}): Promise<MetricsRecord[]> {
  checkKind('readMetrics', 'the run', path, place);
  checkOptions('readMetrics', options, metricsKinds);
  const { last } = options;
  return (await engineFor(options)).channel.call('readMetrics', [path, { last }]);
}

let started: Promise<PageEngine<EngineService & RunsService>> | undefined;

/** One worker for all of these calls. It stays: exported files can be read as long as it lives. */
function engineFor({ base }: RunsOptions): Promise<PageEngine<EngineService & RunsService>> {
  started ??= startEngine<RunsService>('training', { threads: 1, base }).then((engine) => {
    engine.onEnd(() => {
      started = undefined;
    });
    return engine;
  });
  started.catch(() => {
    started = undefined;
  });
  return started;
}
