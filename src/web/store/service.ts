import type { Call, Handlers } from '../../base/channel/service.ts';
import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import { openFolderPlatform } from './folder-platform.ts';
import type { RunSummary } from './list-runs.ts';
import type { ReadMetricsOptions } from './read-metrics.ts';

interface PackCallbacks {
  progress(done: number, total: number): void;
}

/** What a worker does with the runs of this site for its page. */
export interface RunsService {
  readonly listRuns: Call<[], RunSummary[]>;
  readonly exportRun: Call<[path: string], File, PackCallbacks>;
  readonly importRun: Call<[file: Blob, path: string, maxBytes: number | undefined], void, PackCallbacks>;
  readonly deleteRun: Call<[path: string]>;
  readonly readMetrics: Call<[path: string, options: ReadMetricsOptions], MetricsRecord[]>;
}

/** The handlers of `RunsService`, for a dedicated worker. */
export const runsHandlers: Handlers<RunsService> = {
  listRuns: async () => {
    const { listRuns } = await import('./list-runs.ts');
    return listRuns(await openFolderPlatform());
  },
  exportRun: async ([path], { signal, tell }) => {
    const onProgress = (done: number, total: number): void => {
      tell('progress', done, total);
    };
    const { exportRun } = await import('./runs.ts');
    return exportRun(path, { signal, onProgress }, await openFolderPlatform());
  },
  importRun: async ([file, path, maxBytes], { signal, tell }) => {
    const onProgress = (done: number, total: number): void => {
      tell('progress', done, total);
    };
    const { importRun } = await import('./runs.ts');
    await importRun(file, path, { signal, onProgress, maxBytes }, await openFolderPlatform());
  },
  deleteRun: async ([path]) => {
    const { deleteRun } = await import('./runs.ts');
    await deleteRun(path, await openFolderPlatform());
  },
  readMetrics: async ([path, options]) => {
    const [{ requireRun }, { readMetrics }] = await Promise.all([
      import('./runs.ts'),
      import('./read-metrics.ts'),
    ]);
    const platform = await openFolderPlatform();
    await requireRun(path, platform);
    return readMetrics(path, options, platform);
  },
};
