import { bytesSource, CardinalError } from 'cardinal-nn';
import {
  Kept,
  trainedFrom,
  VERSION,
  type MakeProgress,
  type StudioAbout,
  type StudioClassifier,
  type StudioItem,
  type StudioPlatform,
  type UploadedClass,
} from 'cardinal-nn/studio';
import {
  createBackend,
  loadClassifier,
  loadPicture,
  openPictures,
  readPicture,
  type Classifier,
  type WebBackend,
} from 'cardinal-nn/web';
import { bundledName, openBundled } from './bundled.ts';
import { bundledId, keptPrefix } from './data-ids.ts';
import { ExampleRun } from './example.ts';
import { fetchHtmlFiles } from './html-files.ts';
import { KeptPictures } from './kept-pictures.ts';
import { canKeepFiles, keepsNothing } from './private-files.ts';
import { nameOf } from './run-config.ts';
import { RunWeights } from './run-weights.ts';
import { WebRuns } from './web-runs.ts';

type Data = Awaited<ReturnType<StudioPlatform['data']>>;
type Picture = Awaited<ReturnType<StudioPlatform['uploaded']>>;
type Trained = Awaited<ReturnType<StudioPlatform['trained']>>;

const slower = 'One thread computes: this page was sent without the headers that let it have more.';

/** Networks that are held at a time. */
const mostNetworks = 2;

/** The studio's platform in a worker of a page: the browser's decoders, its private file system, WebAssembly. */
export class WebStudio implements StudioPlatform {
  readonly about: StudioAbout;
  readonly runs: WebRuns;
  readonly #backend: WebBackend;
  readonly #weights: RunWeights;
  readonly #canKeep: boolean;
  readonly #pictures = new KeptPictures();
  readonly #uploads = new Map<string, File>();
  readonly #data = new Kept<Data>(8);
  readonly #trained = new Kept<Trained>(mostNetworks);
  readonly #classifiers = new Kept<Classifier>(mostNetworks, (classifier) => classifier.dispose());

  private constructor(backend: WebBackend, canKeep: boolean) {
    this.#backend = backend;
    const { about } = backend;
    const engine = about.replace(/, because .*/, '');
    const notes = [...(engine === about ? [] : [slower]), ...(canKeep ? [] : [keepsNothing])];
    this.about = { where: 'page', engine, version: VERSION, started: crypto.randomUUID(), notes };
    this.#canKeep = canKeep;
    const example = new ExampleRun();
    this.#weights = new RunWeights(example);
    this.runs = new WebRuns({ data: (id) => this.data(id), weights: this.#weights, example, canKeep });
  }

  static async create(): Promise<WebStudio> {
    return new WebStudio(await createBackend(), await canKeepFiles());
  }

  async items(): Promise<readonly StudioItem[]> {
    const [kept, runs] = await Promise.all([this.#canKeep ? this.#pictures.names() : [], this.runs.list()]);
    return [
      { id: bundledId, kind: 'data', name: bundledName },
      ...kept.map((name): StudioItem => ({ id: `${keptPrefix}${name}`, kind: 'data', name })),
      ...runs.map(({ id, name }): StudioItem => ({ id, kind: 'run', name })),
    ];
  }

  backend(): Promise<WebBackend> {
    return Promise.resolve(this.#backend);
  }

  async trained(id: string): Promise<Trained> {
    const { key, read } = await this.#weights.of(id);
    return this.#trained.get(key, async () => trainedFrom(bytesSource(await read(), id)));
  }

  async classifier(id: string): Promise<StudioClassifier> {
    const { key, read } = await this.#weights.of(id);
    return this.#classifiers.get(key, async () => loadClassifier(await read(), { backend: this.#backend }));
  }

  htmlFiles(networks: 'resnext' | 'all'): ReturnType<typeof fetchHtmlFiles> {
    return fetchHtmlFiles(networks);
  }

  async saveTemperature(id: string, temperature: number): Promise<string> {
    const run = (await this.runs.list()).find((each) => each.id === id);
    if (run !== undefined && run.training !== 'no') {
      throw new CardinalError(
        `${nameOf(id)} is training, and would write over its temperature: stop it first, or wait until it has ended`,
      );
    }
    return this.#weights.calibrate(id, temperature);
  }

  data(id: string): Promise<Data> {
    return this.#data.get(id, async () => {
      if (id === bundledId) return openBundled();
      if (!id.startsWith(keptPrefix)) throw new CardinalError(`the studio has no data ${id}`);
      return openPictures(await this.#pictures.folder(id.slice(keptPrefix.length)));
    });
  }

  readPicture(...asked: Parameters<typeof readPicture>): Promise<Picture> {
    return readPicture(...asked);
  }

  async upload(name: string, bytes: Uint8Array): Promise<string> {
    const file = new File([new Uint8Array(bytes)], name);
    await loadPicture(file);
    const id = crypto.randomUUID();
    this.#uploads.set(id, file);
    return id;
  }

  async uploaded(upload: string): Promise<Picture> {
    return loadPicture(this.#uploadedFile(upload));
  }

  async makeData(name: string, classes: readonly UploadedClass[], progress: MakeProgress): Promise<string> {
    if (!this.#canKeep) throw new CardinalError(keepsNothing);
    const made = await this.#pictures.make(name, classes, (upload) => this.#uploadedFile(upload), progress);
    return `${keptPrefix}${made}`;
  }

  async dispose(): Promise<void> {
    await this.runs.dispose();
    await this.#classifiers.clear();
    await this.#backend.dispose();
  }

  #uploadedFile(upload: string): File {
    const file = this.#uploads.get(upload);
    if (file !== undefined) return file;
    throw new CardinalError('the picture is not there any more: the page was loaded anew, so add it again');
  }
}
