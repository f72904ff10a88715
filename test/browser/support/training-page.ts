import { createBackend, trainOn, type TrainOnOptions } from '../../../src/web/index.ts';
import { madeUpPictures, pngPictures } from './made-up-pictures.ts';
import { OwnNetwork, smallNetwork } from './small-networks.ts';

export interface PageTraining {
  readonly pictures: 'records' | 'png';
  readonly network: 'named' | 'own';
  readonly options: TrainOnOptions;
  /** The step after which the run is aborted. */
  readonly stopAt?: number;
  /** What becomes of what computes after step 3: its backend, which the page made, is disposed of, or all workers of the page end. */
  readonly loses?: 'backend' | 'workers';
}

/** The workers that the page has started. */
const workers: Worker[] = [];
globalThis.Worker = class extends Worker {
  constructor(script: string | URL, options?: WorkerOptions) {
    super(script, options);
    workers.push(this);
  }
};

/** What tests of training call in a page: what goes in and comes out is JSON. */
const calls = {
  /** Trains, and gives what it came to, what it told, and the longest time for which the page did not come round, in ms. */
  async train({ pictures, network, options, stopAt, loses }: PageTraining) {
    const told: string[] = [];
    const stop = new AbortController();
    const data = pictures === 'records' ? madeUpPictures() : pngPictures(await blobsOf('/pictures.json'));
    const gap = longestGap();
    const model = network === 'named' ? smallNetwork : new OwnNetwork().initialize(4);
    const backend = loses === 'backend' ? await createBackend({ base: '/dist' }) : undefined;
    const { reason, step, evaluation, ...trained } = await trainOn(data, model, {
      ...(backend === undefined ? { base: '/dist' } : { backend }),
      ...{ signal: stop.signal, ...options },
      onEvent: (event) => {
        told.push(event.type === 'warning' ? event.message : event.type);
        if (event.type !== 'step') return;
        if (event.step === stopAt) stop.abort();
        if (event.step !== 3) return;
        void backend?.dispose();
        if (loses === 'workers') for (const worker of workers) worker.terminate();
      },
    });
    const weights = await sha256(trained.model.parameters()[0].data);
    return { reason, step, top1: evaluation?.top1, told, weights, gap: gap() };
  },
  /** Begins a run that goes on until its page is closed; resolves after a step. */
  begin: ({ options }: PageTraining) =>
    new Promise<void>((resolve, reject) => {
      trainOn(madeUpPictures(), smallNetwork, {
        ...{ base: '/dist', ...options },
        onEvent: async (event) => {
          if (event.type !== 'step' || event.step < 4) return;
          resolve();
          // The run waits here for ever.
          await new Promise(() => undefined);
        },
      }).catch(reject);
    }),
  /** Backends that are opened at the same time, and again: how each computes. */
  async backends(times: number): Promise<string[][]> {
    const rounds: string[][] = [];
    for (let time = 0; time < times; time++) {
      const made = [1, 2, 3].map((threads) => createBackend({ base: '/dist', threads }));
      const opened = await Promise.all(made);
      rounds.push(opened.map(({ about }) => about));
      await Promise.all(opened.map((backend) => backend.dispose()));
    }
    return rounds;
  },
  /** Has the browser answer so when it is asked to keep the site's files. */
  answerPersist(isKept: boolean): void {
    const answer = () => Promise.resolve(isKept);
    Object.assign(navigator.storage, { persist: answer, persisted: answer });
  },
  /** The files of a run. */
  async read(run: string): Promise<Record<string, number[]>> {
    const folder = await folderAt(run);
    const files: Record<string, number[]> = {};
    for await (const [name, handle] of folder.entries()) {
      if (handle instanceof FileSystemFileHandle) {
        files[name] = [...new Uint8Array(await (await handle.getFile()).arrayBuffer())];
      }
    }
    return files;
  },
  async write({
    run,
    files,
  }: {
    readonly run: string;
    readonly files: Readonly<Record<string, readonly number[]>>;
  }) {
    const folder = await folderAt(run);
    for (const [name, content] of Object.entries(files)) {
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(Uint8Array.from(content));
      await writable.close();
    }
  },
};
Object.assign(globalThis, calls);

export type PageCalls = typeof calls;

async function folderAt(run: string): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of run.split('/')) folder = await folder.getDirectoryHandle(name, { create: true });
  return folder;
}

async function blobsOf(url: string): Promise<Blob[]> {
  const contents = (await (await fetch(url)).json()) as readonly number[][];
  return contents.map((content) => new Blob([Uint8Array.from(content)]));
}

/** Starts to watch the page's event loop; the function that comes back tells its longest gap so far. */
function longestGap(): () => number {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

async function sha256(data: Float32Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new Float32Array(data));
  return [...new Uint8Array(hash)].join();
}
