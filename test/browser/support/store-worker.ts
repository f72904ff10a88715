import { f32 } from '../../../src/base/tensor-data.ts';
import { isFolder } from '../../../src/run/folder/files.ts';
import { RunFolder } from '../../../src/run/folder/run-folder.ts';
import { buildCheckpoint } from '../../../src/train/checkpoint.ts';
import { freshProgress } from '../../../src/train/progress.ts';
import { openFolderPlatform } from '../../../src/web/store/folder-platform.ts';
import { checkpointAt } from '../../support/checkpoint.ts';
import { openFileSystem } from '../../../src/web/store/file-system.ts';
import { listRuns } from '../../../src/web/store/list-runs.ts';
import { runsHandlers } from '../../../src/web/store/service.ts';
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
  /** Continues a run, or begins it, and goes on until this worker is ended. Tells the console of each checkpoint that is there. */
  goOn: async (path: string): Promise<Continued> => {
    const platform = await openFolderPlatform();
    const there = await isFolder(path, platform);
    const notices: string[] = [];
    const options = { onNotice: (notice: string) => void notices.push(notice) };
    const folder = there
      ? await RunFolder.open(path, options, platform)
      : await RunFolder.create(path, options, platform);
    const hasBegun = there && (await folder.remains()) === 'run';
    let step = -1;
    const metrics: number[] = [];
    if (hasBegun) {
      const checkpoint = await folder.checkpointToContinue();
      step = checkpoint.training?.progress.step ?? NaN;
      const big = checkpoint.state.get('big');
      if (big?.data.some((value) => value !== step) !== false) throw new Error('another state');
      await folder.rewindMetrics({ step, epoch: step / 10 });
      for await (const { record } of folder.readMetrics()) metrics.push(record?.step ?? 0);
    } else if (there) {
      await folder.hasBegun(options);
    }
    void train(folder, step).catch((error: unknown) => {
      console.log(`failed: ${String(error)}`);
    });
    return { step, metrics, notices };
  },
  /** Holds what goes on between two steps, where it has no file under way. */
  pause: () => {
    pause = { reached: Promise.withResolvers<undefined>(), over: Promise.withResolvers<undefined>() };
    return pause.reached.promise;
  },
  resume: () => {
    pause?.over.resolve(undefined);
    pause = undefined;
  },
  list: async () => listRuns(await openFolderPlatform()),
  metrics: async (path: string, last: number) => runsHandlers.readMetrics([path, { last }], context),
  /** A run as one file, its bytes as Latin-1. */
  export: async (path: string) => {
    const file = await runsHandlers.exportRun([path], context);
    if (!(file instanceof File)) throw new Error('no file');
    const bytes = new Uint8Array(await file.arrayBuffer());
    return { name: file.name, text: new TextDecoder('x-user-defined').decode(bytes) };
  },
  import: async (text: string, path: string) => {
    const file = new File([Uint8Array.from(text, (character) => character.charCodeAt(0))], 'pets.zip');
    await runsHandlers.importRun([file, path, undefined], context);
  },
  delete: async (path: string) => {
    await runsHandlers.deleteRun([path], context);
  },
} as const;

const context = {
  signal: new AbortController().signal,
  ask: () => Promise.reject(new Error('nobody answers')),
  tell: () => undefined,
};

let held: Lock | undefined;
let pause:
  | { readonly reached: PromiseWithResolvers<undefined>; readonly over: PromiseWithResolvers<undefined> }
  | undefined;

/** From where a run goes on: the step of its checkpoint, the steps that its metrics tell of, and what was noticed. */
export interface Continued {
  readonly step: number;
  readonly metrics: readonly number[];
  readonly notices: readonly string[];
}

/** Elements of a tensor that make a checkpoint take a while to write. */
const bigLength = 300_000;

/** Does as a training does, for ever: a first checkpoint, and then ten steps with metrics before each. */
async function train(folder: RunFolder, from: number): Promise<never> {
  if (from < 0) {
    await folder.appendMetrics({ type: 'start', model: 'tiny', parameters: bigLength });
    await save(folder, 0);
  }
  for (let step = Math.max(from, 0) + 1; ; step++) {
    pause?.reached.resolve(undefined);
    await pause?.over.promise;
    await folder.appendMetrics({ type: 'step', step });
    if (step % 10 === 0) await save(folder, step);
  }
}

async function save(folder: RunFolder, step: number): Promise<void> {
  const state = new Map([['big', f32([bigLength], new Float32Array(bigLength).fill(step))]]);
  const checkpoint = { ...checkpointAt(step, step === 0 ? { progress: freshProgress() } : {}), state };
  if (step > 0) await folder.save('best', await buildCheckpoint({ ...checkpoint, training: undefined }));
  await folder.save('last', await buildCheckpoint(checkpoint));
  console.log(`saved ${step}`);
}

export type StoreCalls = typeof calls;

self.onmessage = ({ data }: MessageEvent<{ id: number; name: keyof StoreCalls; given: never[] }>) => {
  const call: (...given: never[]) => unknown = calls[data.name];
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
