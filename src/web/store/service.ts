import type { Call, Handlers } from '../../base/channel/service.ts';
import type { MetricsRecord } from '../../run/folder/metrics-file.ts';
import { openFolderPlatform } from './folder-platform.ts';
import { listRuns, type RunSummary } from './list-runs.ts';
import { readMetrics, type ReadMetricsOptions } from './read-metrics.ts';
import { deleteRun, exportRun, importRun, requireRun } from './runs.ts';

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
  listRuns: async () => listRuns(await openFolderPlatform()),
  exportRun: async ([path], { signal, tell }) => {
    const onProgress = (done: number, total: number): void => {
      tell('progress', done, total);
    };
    return exportRun(path, { signal, onProgress }, await openFolderPlatform());
  },
  importRun: async ([file, path, maxBytes], { signal, tell }) => {
    const onProgress = (done: number, total: number): void => {
      tell('progress', done, total);
    };
    await importRun(file, path, { signal, onProgress, maxBytes }, await openFolderPlatform());
  },
  deleteRun: async ([path]) => {
    await deleteRun(path, await openFolderPlatform());
  },
  readMetrics: async ([path, options]) => {
    const platform = await openFolderPlatform();
    await requireRun(path, platform);
    return readMetrics(path, options, platform);
  },
};
