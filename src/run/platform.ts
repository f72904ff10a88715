import type { Backend } from '../backends/backend.ts';
import type { LoaderPlatform } from '../data/loader.ts';
import type { OpenData, OpenOptions } from '../data/open-data.ts';
import type { TracedInput } from '../nn/traced.ts';
import type { TrainingRanks } from '../train/ranks.ts';
import type { OpenedWeights } from '../use/opened-weights.ts';
import type { VerifyOptions } from '../weights/digest.ts';
import type { BackendEntry, EngineChoice } from './backends.ts';
import type { FolderPlatform, ListPlatform } from './folder/platform.ts';
import type { RunReport } from './report/run-report.ts';

/** Weights that a run begins with, opened on a platform. */
export interface BeginningWeights extends OpenedWeights {
  /** Where they lie, from wherever it is asked for; undefined of those that their name alone finds, such as the hub's. */
  readonly path: string | undefined;
  /** SHA-256 of the whole file, as lower-case hexadecimal. */
  digest(): Promise<string>;
}

/** A backend of a run. */
export interface OpenBackend {
  readonly backend: Backend;
  /** The run is over. */
  end(): Promise<void>;
}

/**
 * What a platform gives so that a network is trained on pictures, with checkpoints that any other platform can go on from: Node has
 * a disk, sharp and threads, a page its private file system, blobs and workers. Functions of this room that need it take it as their
 * last argument.
 */
export interface RunPlatform extends ListPlatform, FolderPlatform {
  readonly loaders: LoaderPlatform;
  /** The backends that can be asked for by name, the default first. */
  readonly backends: Readonly<Record<string, BackendEntry>>;
  /** The ranks that do the run together with this one. Each opens the pictures; the first has the folder. Default: it is alone. */
  readonly ranks?: TrainingRanks | undefined;
  /** Has one of them for a run, which ends it. Throws a `CardinalError` if it cannot be had. */
  openBackend(choice: EngineChoice): Promise<OpenBackend>;
  /** Awaited before the network is traced on such inputs: one that came as data is told here what it does to them. */
  beforeTracing?(inputs: readonly TracedInput[]): Promise<void>;
  /** The most bytes that one program may take. */
  largestProgram(): number;
  /** What decodes picture files, with its versions: another one may give other pixels. */
  decoder(): string | undefined;
  /** Opens pictures by the name that a run keeps of them. Throws a `CardinalError`. */
  openData(path: string, options: OpenOptions): Promise<OpenData>;
  /** Opens weights for `work` and closes them afterwards. Throws a `CardinalError` if they are not there or damaged. */
  withWeights<T>(
    name: string,
    work: (weights: BeginningWeights) => Promise<T>,
    options: VerifyOptions,
  ): Promise<T>;
  /** Writes `report.html` of a run and gives its path. Absent where there is nothing to draw it with. */
  readonly writeReport?: ((run: RunReport) => Promise<string>) | undefined;
}
