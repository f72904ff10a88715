import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Backend } from '../../../backends/backend.ts';
import { withUndo } from '../../../base/endings.ts';
import type { Picture } from '../../../data/dataset.ts';
import type { OpenData } from '../../../data/open-data.ts';
import type { PictureDataset } from '../../../data/source.ts';
import { createNodeBackend, type NodeBackendOptions } from '../../../node/backend.ts';
import { loadClassifier } from '../../../node/classifier.ts';
import { readPicture } from '../../../node/data/decode.ts';
import { htmlFiles } from '../../../node/html.ts';
import { openData } from '../../../node/data/open.ts';
import { kindOf } from '../../../node/kind-of.ts';
import { saveTemperature } from '../../../node/temperature.ts';
import { loadTrained } from '../../../node/trained.ts';
import { version } from '../../../node/version.ts';
import type { Classifier } from '../../../use/classifier.ts';
import type { HtmlFiles, HtmlNetworks } from '../../../use/html/files.ts';
import type { Trained } from '../../../use/trained.ts';
import { exampleStays } from '../../../studio/example.ts';
import { Kept } from '../../../studio/kept.ts';
import type {
  MakeProgress,
  StudioClassifier,
  StudioPlatform,
  UploadedClass,
} from '../../../studio/platform.ts';
import type { StudioAbout, StudioItem } from '../../../studio/service.ts';
import { Items, type Located } from './items.ts';
import type { Named } from './named.ts';
import { NodeRuns } from './runs.ts';
import { Uploads } from './uploads.ts';

export interface NodeStudioOptions {
  readonly named: readonly Named[];
  /** Where runs and data are made, an absolute path. */
  readonly runsFolder: string;
  readonly engine?: Omit<NodeBackendOptions, 'isolated'> | undefined;
}

/** Networks that are held at a time: each may take hundreds of MiB. */
const mostNetworks = 3;

/** The studio's platform on this machine: its files, threads and libraries. */
export class NodeStudio implements StudioPlatform {
  readonly about: StudioAbout;
  readonly runs: NodeRuns;
  readonly #items: Items;
  readonly #backend: Backend;
  readonly #data = new Kept<OpenData>(16);
  readonly #trained = new Kept<Trained>(mostNetworks);
  readonly #classifiers = new Kept<Classifier>(mostNetworks, (classifier) => classifier.dispose());
  readonly #uploads = new Uploads();

  private constructor({ named, runsFolder, engine }: NodeStudioOptions, backend: Backend) {
    this.#backend = backend;
    this.#items = new Items(named, runsFolder);
    this.about = {
      ...{ where: 'machine', engine: backend.description, version: version(), notes: [] },
      started: randomUUID(),
    };
    this.runs = new NodeRuns({
      items: this.#items,
      engine,
      data: (id) => this.data(id),
      weightsOf: (item) => weightsOf(item),
    });
  }

  /** Throws a `CardinalError` if the engine cannot be had. */
  static create(options: NodeStudioOptions): Promise<NodeStudio> {
    return withUndo(async (undo) => {
      const backend = await createNodeBackend({ ...options.engine, isolated: true });
      undo.add(() => backend.dispose());
      return new NodeStudio(options, backend);
    });
  }

  async items(): Promise<readonly StudioItem[]> {
    return (await this.#items.all()).map(({ id, kind, name }) => ({ id, kind, name }));
  }

  backend(): Promise<Backend> {
    return Promise.resolve(this.#backend);
  }

  async trained(id: string): Promise<Trained> {
    const path = await weightsOf(await this.#items.find(id, 'run', 'weights'));
    return this.#trained.get(await stampOf(path), () => loadTrained(path));
  }

  async classifier(id: string): Promise<StudioClassifier> {
    const path = await weightsOf(await this.#items.find(id, 'run', 'weights'));
    return this.#classifiers.get(await stampOf(path), () => loadClassifier(path, { backend: this.#backend }));
  }

  htmlFiles(networks: HtmlNetworks): Promise<HtmlFiles> {
    return htmlFiles(networks);
  }

  async saveTemperature(id: string, temperature: number): Promise<string> {
    const item = await this.#items.find(id, 'run', 'weights');
    if (item.isExample) throw exampleStays();
    return saveTemperature(await weightsOf(item), temperature);
  }

  async data(id: string): Promise<OpenData> {
    const { path } = await this.#items.find(id, 'data');
    return this.#data.get(path, () => openData(path));
  }

  readPicture(dataset: PictureDataset, index: number): Promise<Picture> {
    return readPicture(dataset, index);
  }

  upload(name: string, bytes: Uint8Array): Promise<string> {
    return this.#uploads.keep(name, bytes);
  }

  uploaded(upload: string): Promise<Picture> {
    return this.#uploads.read(upload);
  }

  async makeData(name: string, classes: readonly UploadedClass[], progress: MakeProgress): Promise<string> {
    const root = join(this.#items.runsFolder, 'data');
    const path = await this.#uploads.makeFolders(root, name, classes, progress);
    return this.#items.add(path, name).id;
  }

  async dispose(): Promise<void> {
    await this.runs.dispose();
    await this.#classifiers.clear();
    await this.#trained.clear();
    await this.#backend.dispose();
    await this.#uploads.dispose();
  }
}

/** Where an item's weights are: of a run the best, or the newest if it has no validation. */
async function weightsOf({ kind, path }: Located): Promise<string> {
  if (kind !== 'run') return path;
  const best = join(path, 'best.safetensors');
  return (await kindOf(best)) === 'file' ? best : join(path, 'last.safetensors');
}

/** The path with what changes when the file does. */
async function stampOf(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  return `${path} ${info?.mtimeMs ?? ''} ${info?.size ?? ''} ${info?.ino ?? ''}`;
}
