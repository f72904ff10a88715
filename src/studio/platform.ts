import type { Backend } from '../backends/backend.ts';
import type { Picture } from '../data/dataset.ts';
import type { OpenData } from '../data/open-data.ts';
import type { Preprocessing } from '../data/preprocessing.ts';
import type { PictureDataset } from '../data/source.ts';
import type { Classification } from '../use/classify-each.ts';
import type { HtmlFiles, HtmlNetworks } from '../use/html/files.ts';
import type { Trained } from '../use/trained.ts';
import type { StudioAbout, StudioItem } from './service.ts';
import type { StudioRuns } from './train/platform.ts';

/**
 * What a platform gives to the studio: Node's with files and threads, a page's with workers and its private file system. Whatever is asked
 * for by an id that is not there rejects with a `CardinalError`.
 */
export interface StudioPlatform {
  readonly about: StudioAbout;
  items(): Promise<readonly StudioItem[]>;

  /** What computes. The platform's: nobody else disposes of it. */
  backend(): Promise<Backend>;
  /** The network and weights of a run or weights, loaded once. They are shared: nobody changes them. */
  trained(id: string): Promise<Trained>;
  /** A classifier of them, loaded once. The platform's: nobody else disposes of it. */
  classifier(id: string): Promise<StudioClassifier>;

  /** What HTML files of networks are put together of. */
  htmlFiles(networks: HtmlNetworks): Promise<HtmlFiles>;

  /** Writes a temperature into the checkpoint of a run or weights; the file's path. Rejects with a `CardinalError` where none can be written. */
  saveTemperature(id: string, temperature: number): Promise<string>;

  /** Labelled pictures, opened once. */
  data(id: string): Promise<OpenData>;
  /** A picture of them, decoded. Throws an `UnreadableError` if it cannot be. */
  readPicture(dataset: PictureDataset, index: number): Promise<Picture>;

  /** Keeps a picture file of the page's visitor and gives what it is called from then on. Throws an `UnreadableError` if it is none. */
  upload(name: string, bytes: Uint8Array): Promise<string>;
  /** An uploaded picture, decoded. */
  uploaded(upload: string): Promise<Picture>;
  /**
   * Makes labelled pictures of uploaded ones, by classes; gives their id. Whole or not at all: if it fails, or the signal is aborted,
   * nothing of it is left.
   */
  makeData(name: string, classes: readonly UploadedClass[], progress: MakeProgress): Promise<string>;

  readonly runs: StudioRuns;

  /** Ends what computes; a run that trains is stopped with a checkpoint. */
  dispose(): Promise<void>;
}

/** How far data is made, in pictures, and what ends it. */
export interface MakeProgress {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

export interface UploadedClass {
  readonly name: string;
  readonly uploads: readonly string[];
}

/** What classifiers of both platforms have. */
export interface StudioClassifier {
  readonly classes: readonly string[];
  readonly preprocessing: Preprocessing;
  classify(picture: Picture, options: { readonly topK: number }): Promise<readonly Classification[]>;
}
