import {
  createBackend,
  exportRun,
  importRun,
  loadClassifier,
  openPictures,
  readMetrics,
  trainOn,
  type TrainOnOptions,
} from '../../../src/web/index.ts';
import { madeUpPictures, pngPictures } from './made-up-pictures.ts';
import { OwnNetwork, smallNetwork, smallNetworkOfPaths } from './small-networks.ts';

export interface PageTraining {
  readonly pictures: 'records' | 'png';
  readonly network: 'named' | 'paths' | 'own';
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
  /** Trains, and gives what it came to and what it told. */
  async train({ pictures, network, options, stopAt, loses }: PageTraining) {
    const told: string[] = [];
    const stop = new AbortController();
    const data = pictures === 'records' ? madeUpPictures() : pngPictures(await blobsOf('/pictures.json'));
    const named = network === 'paths' ? smallNetworkOfPaths : smallNetwork;
    const model = network === 'own' ? new OwnNetwork().initialize(4) : named;
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
    return { reason, step, top1: evaluation?.top1, told, weights };
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
  /**
   * Trains on one backend, into these folders at once, and later into another; with `disposeAt` the backend is disposed of after that step
   * of the first. How each ended.
   */
  async together({
    outs,
    options,
    disposeAt,
  }: {
    readonly outs: readonly string[];
    readonly options: TrainOnOptions;
    readonly disposeAt?: number;
  }) {
    const backend = await createBackend({ base: '/dist', threads: 2 });
    const begin = (out: string, onEvent: TrainOnOptions['onEvent']): Promise<string> =>
      trainOn(madeUpPictures(), smallNetwork, { ...options, backend, out, onEvent }).then(
        ({ reason }) => reason,
        String,
      );
    const first = await Promise.all(
      outs.map((out, index) =>
        begin(out, (event) => {
          if (index === 0 && event.type === 'step' && event.step === disposeAt) void backend.dispose();
        }),
      ),
    );
    const later = await begin(`${outs.at(-1) ?? ''}-later`, undefined);
    await backend.dispose();
    return { first, later };
  },
  /** Begins to train on the photos that the page has, as cats and dogs, in a folder; what a visitor would save of the run. */
  async trainPets({
    options,
    stopAt,
  }: {
    readonly options: TrainOnOptions & { readonly out: string };
    readonly stopAt: number;
  }): Promise<string> {
    const stop = new AbortController();
    await trainOn(await pets(), smallNetwork, {
      ...{ ...options, base: '/dist', signal: stop.signal },
      onEvent: (event) => {
        if (event.type === 'step' && event.step === stopAt) stop.abort();
      },
    });
    return base64Of(await exportRun(options.out, { base: '/dist' }));
  },
  /** Takes in a run that was saved, and is over: its epochs, what comes of going on with it, and the classes that its network tells apart. */
  async takeBack({ file, out }: { readonly file: string; readonly out: string }) {
    const base = '/dist';
    await importRun(new File([bytesOf(file)], 'pets.zip'), out, { base });
    const { reason } = await trainOn(await pets(), smallNetwork, { base, out, resume: true });
    const metrics = await readMetrics(out, { base });
    const classifier = await loadClassifier(`${out}/best.safetensors`, { base });
    await classifier.dispose();
    return {
      ...{ reason, classes: classifier.classes },
      epochs: metrics.flatMap((line) => (line.type === 'epoch' ? [line.epoch] : [])),
    };
  },
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
  /** The files of a run, in base64. */
  async read(run: string): Promise<Record<string, string>> {
    const folder = await folderAt(run);
    const files: Record<string, string> = {};
    for await (const [name, handle] of folder.entries()) {
      if (handle instanceof FileSystemFileHandle) files[name] = await base64Of(await handle.getFile());
    }
    return files;
  },
  async write({ run, files }: { readonly run: string; readonly files: Readonly<Record<string, string>> }) {
    const folder = await folderAt(run);
    for (const [name, content] of Object.entries(files)) {
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(bytesOf(content));
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

/** Bytes on their way to the test: as numbers in JSON they would take most of its time. */
async function base64Of(file: Blob): Promise<string> {
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(reader.result as string);
    };
    reader.onerror = () => {
      reject(new Error(`cannot read ${file.size} bytes`));
    };
    reader.readAsDataURL(file);
  });
  return url.slice(url.indexOf(',') + 1);
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

async function pets(): ReturnType<typeof openPictures> {
  const blobs = await blobsOf('/pictures.json');
  const files = blobs.map((blob, index) => new File([blob], `${index}.png`));
  const half = files.length / 2;
  return openPictures({ cats: files.slice(0, half), dogs: files.slice(half) });
}

async function sha256(data: Float32Array): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new Float32Array(data));
  return [...new Uint8Array(hash)].join();
}
