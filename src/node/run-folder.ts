import { join } from 'node:path';
import { z } from 'zod';
import { withEnding, withUndo } from '../base/endings.ts';
import { CardinalError } from '../base/errors.ts';
import { parseJson } from '../base/validate.ts';
import { buildCheckpoint, parseCheckpoint, type Checkpoint } from '../train/checkpoint.ts';
import type { Recipe } from '../train/recipe.ts';
import type { CheckpointKind, CheckpointStore } from '../train/store.ts';
import { pictureListFile } from './data/picture-list.ts';
import {
  appendToFile,
  fileError,
  hasCode,
  isFolder,
  makeFolder,
  namesIn,
  readFile,
  readTextFile,
  removeFile,
  removeFolderIfEmpty,
  syncFile,
  temporarySuffix,
  writeFileAtomic,
} from './files.ts';
import { lockFolder, type Lock, type LockOptions } from './lock/lock.ts';

/**
 * Where a run lives:
 *
 *     last.safetensors   the newest checkpoint, to continue from
 *     best.safetensors   the weights with the best validation top-1, to use
 *     metrics.jsonl      a line for each step and epoch
 *     config.json        how the run was started
 *     pictures.jsonl.gz  what is known of each of its pictures
 *     .lock-…            the process that trains in it
 *
 * One process at a time has a run folder open. One that lost it, because it was taken for dead or somebody took the folder over,
 * gets a `LockLostError` from whatever it would write next.
 */
export class RunFolder implements CheckpointStore {
  readonly path: string;
  readonly #lock: Lock;

  private constructor(path: string, lock: Lock) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Makes a folder for a new run and locks it. An empty folder is taken over. Throws a `CardinalError` if there is a
   * run in it, if another process has it, or if it cannot be made.
   */
  static async create(path: string, options: OpenRunOptions = {}): Promise<RunFolder> {
    await makeFolder(path);
    return RunFolder.#locked(path, options, async () => {
      const present = await namesIn(path);
      if (['last.safetensors', 'config.json', 'metrics.jsonl'].some((name) => present.includes(name))) {
        throw new CardinalError(
          `${path} holds a run already: continue it with --resume ${path}, or choose another folder with --out (in a program, resume: true or another out)`,
        );
      }
    });
  }

  /** Locks the folder of an earlier run to continue it. Throws an `InUseError` if another process has it. */
  static async open(path: string, options: OpenRunOptions = {}): Promise<RunFolder> {
    if (!(await isFolder(path))) throw new CardinalError(`no run folder ${path}: it does not exist`);
    return RunFolder.#locked(path, options, async () => {
      for (const name of await namesIn(path)) {
        if (name.startsWith('.') && name.endsWith(temporarySuffix)) await removeFile(join(path, name));
      }
    });
  }

  /** Locks a folder and looks into it; it stays locked only if that succeeds. */
  static #locked(path: string, options: OpenRunOptions, look: () => Promise<void>): Promise<RunFolder> {
    return withUndo(async (undo) => {
      const lock = await lockRun(path, options);
      undo.add(() => lock.release());
      await look().catch((error: unknown) => {
        throw fileError('open', path, error);
      });
      return new RunFolder(path, lock);
    });
  }

  /** `<root>/<name>`, or with −2, −3, … behind it: the first that does not exist. */
  static async freshPath(root: string, name: string): Promise<string> {
    const taken = new Set(await namesIn(root));
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${name}-${n}`;
      if (!taken.has(candidate)) return join(root, candidate);
    }
  }

  /** Writes a file of the run, whole or not at all, and gives its path. */
  async write(name: string, data: Uint8Array | string): Promise<string> {
    const path = join(this.path, name);
    await this.#guarded(() => writeFileAtomic(path, data));
    return path;
  }

  /** What the checkpoint says of earlier steps must be on the disk before the checkpoint is. */
  async save(kind: CheckpointKind, bytes: Uint8Array): Promise<string> {
    await this.#guarded(() => syncFile(this.#metricsPath));
    return this.write(`${kind}.safetensors`, bytes);
  }

  /** The newest checkpoint. Throws a `CardinalError` if there is none or it is damaged. */
  async readCheckpoint(kind: CheckpointKind = 'last'): Promise<Checkpoint> {
    const path = join(this.path, `${kind}.safetensors`);
    return parseCheckpoint(await readFile(path), path);
  }

  /**
   * Before a run goes on for longer than it was to: its best weights say the recipe that it now has, as they would if it had
   * had it from the start. May be done again.
   */
  async adoptRecipe(recipe: Recipe): Promise<void> {
    const present = await namesIn(this.path);
    if (!present.includes('best.safetensors')) return;
    const best = await this.readCheckpoint('best');
    if (best.recipe?.epochs !== recipe.epochs) await this.save('best', buildCheckpoint({ ...best, recipe }));
  }

  async writeConfig(config: object): Promise<void> {
    await this.write('config.json', `${JSON.stringify(config, undefined, 2)}\n`);
  }

  /** `config.json`, checked by the schema of whoever wrote it. */
  async readConfig<T>(schema: z.ZodType<T>): Promise<T> {
    const path = join(this.path, 'config.json');
    return parseJson(schema, await readTextFile(path), path);
  }

  /** Adds a line to `metrics.jsonl`. */
  async appendMetrics(record: object): Promise<void> {
    await this.#guarded(() => appendToFile(this.#metricsPath, `${JSON.stringify(record)}\n`));
  }

  /** The lines of `metrics.jsonl`; one that a killed process left unfinished is left out. */
  async readMetrics(): Promise<MetricsRecord[]> {
    let text: string;
    try {
      text = await readTextFile(this.#metricsPath);
    } catch (error) {
      if (error instanceof CardinalError && hasCode(error.cause, 'ENOENT')) return [];
      throw error;
    }
    return text.split('\n').flatMap(parseMetricsLine);
  }

  /**
   * Before a run is continued: drops what `metrics.jsonl` says of steps after `step` and of epochs from `epoch` on,
   * because they will be done again; so the file has each step and each epoch once. Gives the seconds that what is kept took.
   */
  async rewindMetrics(progress: { readonly step: number; readonly epoch: number }): Promise<number> {
    const kept = (await this.readMetrics()).filter(({ type, epoch = 0, step = 0 }) =>
      type === 'epoch' ? epoch < progress.epoch : step <= progress.step,
    );
    await this.write('metrics.jsonl', kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
    return kept.reduce(elapsedAfter, 0);
  }

  /** Gives the folder free. */
  async close(): Promise<void> {
    await this.#lock.release();
  }

  /**
   * Gives the folder free after a start that failed: what was written is taken away, unless there is a checkpoint to
   * continue from, and with it the folder if nothing is left in it. Of a folder that another process took over nothing is.
   */
  async discard(): Promise<void> {
    const isOurs = await this.#lock.check().then(
      () => true,
      () => false,
    );
    if (!isOurs) {
      await this.close();
      return;
    }
    const started = await withEnding(
      () => this.close(),
      async () => {
        const present = await namesIn(this.path);
        if (present.includes('last.safetensors')) return true;
        for (const name of ['metrics.jsonl', 'config.json', pictureListFile])
          await removeFile(join(this.path, name));
        return false;
      },
    );
    if (!started) await removeFolderIfEmpty(this.path);
  }

  /** Writes only while the folder is this process's; what fails because it no longer is says so. */
  async #guarded<T>(write: () => Promise<T>): Promise<T> {
    await this.#lock.check();
    try {
      return await write();
    } catch (error) {
      await this.#lock.check();
      throw error;
    }
  }

  get #metricsPath(): string {
    return join(this.path, 'metrics.jsonl');
  }
}

export type OpenRunOptions = Pick<LockOptions, 'takeOver' | 'onNotice'>;

function lockRun(path: string, options: OpenRunOptions): Promise<Lock> {
  const takeOverHint = 'take the run over with --take-over (in a program, takeOver: true)';
  return lockFolder(path, { what: 'run folder', takeOverHint, ...options });
}

const metricsRecord = z.looseObject({
  type: z.string(),
  step: z.number().optional(),
  epoch: z.number().optional(),
  seconds: z.number().optional(),
  elapsed: z.number().optional(),
});
/** A line of `metrics.jsonl`: its kind, its epoch and step where it has them, and whatever else it was written with. */
export type MetricsRecord = z.infer<typeof metricsRecord>;

/** How long a run had taken when a line was written. Earlier versions wrote no `elapsed`. */
function elapsedAfter(before: number, { type, seconds = 0, elapsed }: MetricsRecord): number {
  if (type === 'step') return elapsed ?? before;
  if (type === 'epoch') return elapsed ?? before + seconds;
  return type === 'end' ? Math.max(before, seconds) : before;
}

function parseMetricsLine(line: string): MetricsRecord[] {
  try {
    const result = metricsRecord.safeParse(JSON.parse(line));
    return result.success ? [result.data] : [];
  } catch {
    return [];
  }
}
