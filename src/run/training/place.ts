import type { CheckpointKind, CheckpointStore } from '../../train/store.ts';
import { RunFolder, type OpenRunOptions } from '../folder/run-folder.ts';
import type { FolderPlatform } from '../folder/platform.ts';
import type { RunConfig } from './config.ts';
import type { RunOptions } from './options.ts';

/** The folder of a run, if it has one: opened at once to be continued, or made when there is something to write. */
export class RunPlace implements CheckpointStore {
  readonly #options: OpenRunOptions;
  readonly #platform: FolderPlatform;
  #path: string | undefined;
  #folder: RunFolder | undefined;
  #isNew = false;
  #failed = false;

  constructor(options: OpenRunOptions, platform: FolderPlatform) {
    this.#options = options;
    this.#platform = platform;
  }

  /** Undefined as long as there is none. */
  get folder(): RunFolder | undefined {
    return this.#folder;
  }

  /** Opens the folder of an earlier run. */
  async reopen(path: string): Promise<RunFolder> {
    this.#folder = await RunFolder.open(path, this.#options, this.#platform);
    return this.#folder;
  }

  /** Settles where a new run is to lie. Gives the path; undefined for one that writes nothing. */
  async name(out: RunOptions['out'], config: RunConfig): Promise<string | undefined> {
    this.#path = this.#folder?.path ?? (typeof out === 'function' ? await out(config) : out);
    return this.#path;
  }

  /** The folder to write to, made if it is not open; undefined for a run that writes nothing. */
  async make(): Promise<RunFolder | undefined> {
    if (this.#folder === undefined && this.#path !== undefined) {
      this.#folder = await RunFolder.create(this.#path, this.#options, this.#platform);
      this.#isNew = true;
    }
    return this.#folder;
  }

  save(kind: CheckpointKind, bytes: Uint8Array): Promise<string> {
    if (this.#folder === undefined) throw new Error('a checkpoint before the run began');
    return this.#folder.save(kind, bytes);
  }

  /** The run failed: a new one leaves nothing behind but its checkpoints. */
  fail(): void {
    this.#failed = true;
  }

  async end(): Promise<void> {
    await (this.#failed && this.#isNew ? this.#folder?.discard() : this.#folder?.close());
  }
}
