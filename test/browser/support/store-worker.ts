import { openFileSystem } from '../../../src/web/store/file-system.ts';
import { lockFolder } from '../../../src/web/store/lock.ts';
import type { Lock } from '../../../src/run/folder/lock.ts';
import { doSteps, type FileStep } from './file-steps.ts';

/** What a test asks of the worker, by name. What it gives is JSON. */
const calls = {
  /** Empties the private file system, but for a folder `t`. */
  fresh: async () => {
    const root = await navigator.storage.getDirectory();
    for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
    await root.getDirectoryHandle('t', { create: true });
  },
  steps: async (steps: readonly FileStep[]) =>
    doSteps(await openFileSystem(), (path) => `opfs:t/${path}`, steps),
  lock: async (path: string, takeOver: boolean) => {
    held = await lockFolder(path, { what: 'run folder', takeOver });
  },
  check: () => held?.check(),
  release: () => held?.release(),
} as const;

let held: Lock | undefined;

export type StoreCalls = typeof calls;

self.onmessage = ({ data }: MessageEvent<{ id: number; name: keyof StoreCalls; given: never[] }>) => {
  const call = calls[data.name] as (...given: never[]) => unknown;
  Promise.resolve()
    .then(() => call(...data.given))
    .then(
      (value) => {
        self.postMessage({ id: data.id, value });
      },
      (error: unknown) => {
        const { name, message, stack } = error as Error;
        self.postMessage({ id: data.id, error: { name, message, stack } });
      },
    );
};
