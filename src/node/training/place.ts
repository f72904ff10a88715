import type { Checkpoint } from '../../train/checkpoint.ts';
import { RunFolder, type OpenRunOptions } from '../run-folder.ts';

/** The folder of a program's run, if it has one: opened at once to be continued, or made when there is something to write. */
export class RunPlace {
  readonly #options: OpenRunOptions;
  #folder: RunFolder | undefined;
  #resume: Checkpoint | undefined;
  #isNew = false;
  #failed = false;

  constructor(options: OpenRunOptions) {
    this.#options = options;
  }

  /** Undefined as long as there is none. */
  get folder(): RunFolder | undefined {
    return this.#folder;
  }

  /** What the run goes on from; undefined for one that begins. */
  get resume(): Checkpoint | undefined {
    return this.#resume;
  }

  /** Opens the folder of an earlier run; one that was ended before its first checkpoint begins anew. */
  async reopen(path: string): Promise<void> {
    this.#folder = await RunFolder.open(path, this.#options);
    if (await this.#folder.hasBegun(this.#options)) this.#resume = await this.#folder.checkpointToContinue();
  }

  /** The folder to write to, made if it is not open. */
  async make(path: string): Promise<RunFolder> {
    if (this.#folder === undefined) {
      this.#folder = await RunFolder.create(path, this.#options);
      this.#isNew = true;
    }
    return this.#folder;
  }

  /** The run failed: a new one leaves nothing behind but its checkpoints. */
  fail(): void {
    this.#failed = true;
  }

  async end(): Promise<void> {
    await (this.#failed && this.#isNew ? this.#folder?.discard() : this.#folder?.close());
  }
}
