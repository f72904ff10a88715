import * as z from 'zod/mini';
import { withEnding, withUndo } from '../../base/endings.ts';
import { CardinalError } from '../../base/errors.ts';
import { parseJson } from '../../base/validate.ts';
import { buildCheckpoint, type Checkpoint } from '../../train/checkpoint.ts';
import type { Recipe } from '../../train/recipe.ts';
import type { CheckpointKind, CheckpointStore } from '../../train/store.ts';
import type { VerifyOptions } from '../../weights/digest.ts';
import {
  bestFile,
  damagedFile,
  damageOf,
  lastFile,
  previousFile,
  readCheckpointFile,
} from './checkpoints.ts';
import { pictureListFile } from '../pictures/picture-list.ts';
import { fileError } from '../../base/file-errors.ts';
import {
  appendToFile,
  cutFile,
  isFolder,
  makeFolder,
  namesIn,
  readTextFile,
  removeFile,
  removeFolderIfEmpty,
  isTemporary,
  syncFile,
  writeFileAtomic,
} from './files.ts';
import type { FolderPlatform } from './platform.ts';
import type { FolderLockOptions, Lock } from './lock.ts';
import type { MetricsLine, Reached, Rewinding } from './metrics-file.ts';
import { metricsLine } from './metrics-line.ts';
import { isCheckpointName, remainsIn, type Remains } from './run-remains.ts';
import { startFiles } from './start-files.ts';

/** The file of a run's metrics, a line for each step and epoch. */
export const metricsName = 'metrics.jsonl';

/**
 * Where a run lives:
 *
 *     last.safetensors       the newest checkpoint, to continue from
 *     previous.safetensors   the checkpoint before it, for when that one is damaged
 *     best.safetensors       the weights with the best validation top-1, to use
 *     metrics.jsonl          a line for each step and epoch, with its checksum; what the epochs came to is there alone
 *     config.json            its settings
 *     pictures.jsonl.gz      what is known of each of its pictures
 *     .lock-…                the process that trains in it
 *
 * A `last.safetensors` that was damaged is `last.safetensors.damaged` from the next checkpoint on.
 *
 * One process at a time has a run folder open. One that lost it, because it was considered dead or somebody took the
 * folder over, gets a `LockLostError` from whatever it would write next.
 */
export class RunFolder implements CheckpointStore {
  readonly path: string;
  readonly #lock: Lock;
  readonly #options: OpenRunOptions;
  readonly #platform: FolderPlatform;
  /** What becomes of the checkpoint that the next one replaces. */
  #keepLastAs = previousFile;

  protected constructor(path: string, lock: Lock, options: OpenRunOptions, platform: FolderPlatform) {
    this.path = path;
    this.#lock = lock;
    this.#options = options;
    this.#platform = platform;
  }

  /**
   * Makes a folder for a new run and locks it. An empty folder is taken over, and so is one of a run that was ended
   * before its first checkpoint: it begins anew, which is reported to `onNotice`. Throws a `CardinalError` if there
   * is a run in it, if another process has it, or if it cannot be made.
   */
  static async create(path: string, options: OpenRunOptions, platform: FolderPlatform): Promise<RunFolder> {
    await makeFolder(path, platform);
    return this.locked(path, options, platform, async () => {
      const remains = await remainsIn(path, platform);
      if (remains === 'run') {
        throw new CardinalError(
          `${path} holds a run already: continue it with \`resume\`, or choose another folder with \`out\``,
        );
      }
      await removeTemporaries(path, platform);
      if (remains === 'start') await clearStart(path, startFiles, options, platform);
    });
  }

  /**
   * Locks the folder of an earlier run to continue it. Throws a `CardinalError` if there is none, an `InUseError` if another
   * process has it.
   */
  static async open(path: string, options: OpenRunOptions, platform: FolderPlatform): Promise<RunFolder> {
    if (!(await isFolder(path, platform))) {
      throw new CardinalError(`no run folder ${path}: it does not exist`);
    }
    await makeFolder(path, platform);
    return this.locked(path, options, platform, () => removeTemporaries(path, platform));
  }

  /**
   * Whether there is a checkpoint to continue from. A run that was ended before its first one begins anew, which is
   * reported to `onNotice`: `config.json` stays, the rest is taken away. Throws a `CardinalError` if there is no run
   * here.
   */
  async hasBegun({ onNotice }: Pick<OpenRunOptions, 'onNotice'> = {}): Promise<boolean> {
    const remains = await this.remains();
    if (remains === 'run') return true;
    if (remains === 'other') throw new CardinalError(`no run in ${this.path}: it holds other files`);
    await this.#guarded(() =>
      clearStart(this.path, [metricsName, pictureListFile], { onNotice }, this.#platform),
    );
    return false;
  }

  /** Whether there is a file of that name. */
  async has(name: string): Promise<boolean> {
    return (await namesIn(this.path, this.#platform)).includes(name);
  }

  /** What the folder holds of a run. Throws a `CardinalError` if files in it are called as a run's and are not. */
  remains(): Promise<Remains> {
    return this.#guarded(() => remainsIn(this.path, this.#platform));
  }

  /** Locks a folder and looks into it; it stays locked only if that succeeds. */
  protected static locked(
    path: string,
    options: OpenRunOptions,
    platform: FolderPlatform,
    look: () => Promise<void>,
  ): Promise<RunFolder> {
    return withUndo(async (undo) => {
      const lock = await lockRun(path, options, platform);
      undo.add(() => lock.release());
      await look().catch((error: unknown) => {
        throw fileError('open', path, error);
      });
      return new this(path, lock, options, platform);
    });
  }

  /** `<root>/<name>`, or with −2, −3, … behind it: the first that does not exist. */
  static async freshPath(root: string, name: string, platform: FolderPlatform): Promise<string> {
    const taken = new Set(await namesIn(root, platform));
    for (let n = 1; ; n++) {
      const candidate = n === 1 ? name : `${name}-${n}`;
      if (!taken.has(candidate)) return platform.paths.join(root, candidate);
    }
  }

  /** Writes a file of the run, whole or not at all, and gives its path. */
  async write(name: string, data: Uint8Array | string): Promise<string> {
    const path = this.#pathOf(name);
    await this.#guarded(() => writeFileAtomic(path, data, {}, this.#platform));
    return path;
  }

  /**
   * The metrics of earlier steps must be on the disk before the checkpoint is. The one that `last` replaces is kept:
   * at every moment one of the two is there, whole.
   */
  async save(kind: CheckpointKind, bytes: Uint8Array): Promise<string> {
    await this.#guarded(() => syncFile(this.#metricsPath, this.#platform));
    if (kind === 'best') return this.write(bestFile, bytes);
    const path = this.#pathOf(lastFile);
    const keepAs = this.#pathOf(this.#keepLastAs);
    await this.#guarded(() => writeFileAtomic(path, bytes, { keepAs }, this.#platform));
    this.#keepLastAs = previousFile;
    return path;
  }

  /** A checkpoint. Throws a `CardinalError` if there is none or it is damaged. */
  readCheckpoint(kind: CheckpointKind = 'last'): Promise<Checkpoint> {
    const name = kind === 'last' ? lastFile : bestFile;
    return readCheckpointFile(this.path, name, this.#options, this.#platform);
  }

  /** The best weights, or what is wrong with them if they are damaged or gone. Throws a `CardinalError` if trying again may help. */
  bestWeights(): Promise<Checkpoint | string> {
    return this.readCheckpoint('best').catch((error: unknown) => damageOf(error, this.#pathOf(bestFile)));
  }

  /**
   * The checkpoint to continue from: the newest one, or the one before it if that is damaged or missing, aloud; then a damaged
   * one gets another name when the next is saved. Best weights that are damaged are made again from a checkpoint that has them,
   * if one does. Throws a `CardinalError` if there is no checkpoint, or none that is whole.
   */
  async checkpointToContinue(): Promise<Checkpoint> {
    const { readToContinue } = await import('./to-continue.ts');
    const { checkpoint, instead } = await readToContinue(this.path, this.#options, this.#platform);
    if (instead !== undefined) {
      this.#keepLastAs = damagedFile;
      await this.#options.onNotice?.(instead);
    }
    if (checkpoint.training !== undefined) await this.#mendBest(checkpoint);
    return checkpoint;
  }

  async #mendBest(last: Checkpoint): Promise<void> {
    // The first epoch is still to be done: there are no best weights yet, or none that count.
    if (last.training?.progress.epoch === 0) return;
    const best = await this.bestWeights();
    if (typeof best !== 'string') return;
    const { bestOf, withoutBest } = await import('./to-continue.ts');
    const bytes = await bestOf(last);
    if (bytes !== undefined) await this.write(bestFile, bytes);
    const fate = bytes === undefined ? withoutBest(last) : 'it is made again from the last checkpoint';
    await this.#options.onNotice?.(`${best}: ${fate}`);
  }

  /**
   * Before a run goes on for longer than it was to: its best weights get the recipe that it now has, as if it had had
   * it from the start. May be done again. Nothing is done to best weights that are not there or damaged.
   */
  async adoptRecipe(recipe: Recipe): Promise<void> {
    const best = await this.bestWeights();
    if (typeof best === 'string' || best.recipe?.epochs === recipe.epochs) return;
    await this.save('best', await buildCheckpoint({ ...best, recipe }));
  }

  async writeConfig(config: object): Promise<void> {
    await this.write('config.json', `${JSON.stringify(config, undefined, 2)}\n`);
  }

  /** `config.json`, checked by the schema of whoever wrote it. */
  async readConfig<T>(schema: z.ZodMiniType<T>): Promise<T> {
    const path = this.#pathOf('config.json');
    return parseJson(schema, await readTextFile(path, undefined, this.#platform), path);
  }

  /** Adds a line to `metrics.jsonl`. */
  async appendMetrics(record: object): Promise<void> {
    await this.#guarded(() => appendToFile(this.#metricsPath, metricsLine(record), this.#platform));
  }

  /**
   * The lines of `metrics.jsonl`, one after the other: the file may be larger than memory. One that is damaged has no `record`, or
   * a `fault` beside it; so has the last one of a process that was killed, without a `fault`.
   */
  async *readMetrics(): AsyncGenerator<MetricsLine, void, undefined> {
    const { readMetricsFile } = await import('./metrics-file.ts');
    yield* readMetricsFile(this.#metricsPath, this.#platform);
  }

  /**
   * Before a run is continued: drops the lines of `metrics.jsonl` of steps after `step`, of epochs from `epoch` on and of an unfreezing
   * at `step` unless it is `unfrozen`, because they will be done again; so the file has each of them once. Damaged lines are reported and stay. Returns the seconds that what is kept took, and what its epochs came to.
   */
  async rewindMetrics(progress: Reached): Promise<Pick<Rewinding, 'seconds' | 'history'>> {
    const { faultLines, linesThatStay, planRewind } = await import('./metrics-file.ts');
    const path = this.#metricsPath;
    const { cut, faults, ...kept } = await planRewind(path, progress, this.#platform);
    for (const line of faultLines(path, faults)) await this.#options.onNotice?.(line);
    await this.#guarded(() =>
      cut === undefined
        ? writeFileAtomic(path, linesThatStay(path, progress, this.#platform), {}, this.#platform)
        : cutFile(path, cut, this.#platform),
    );
    return kept;
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
        const present = await namesIn(this.path, this.#platform);
        if (present.some(isCheckpointName)) return true;
        for (const name of startFiles) await removeFile(this.#pathOf(name), this.#platform);
        return false;
      },
    );
    if (!started) await removeFolderIfEmpty(this.path, this.#platform);
  }

  /** Writes only while the folder is this process's; what fails because it no longer is gives that as the reason. */
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
    return this.#pathOf(metricsName);
  }

  #pathOf(name: string): string {
    return this.#platform.paths.join(this.path, name);
  }
}

/** `onNotice` is called with what happened: a lock that was waited for, a damaged checkpoint, damaged metrics. */
export interface OpenRunOptions extends Pick<FolderLockOptions, 'takeOver' | 'onNotice'>, VerifyOptions {}

function lockRun(
  path: string,
  { takeOver, onNotice }: OpenRunOptions,
  platform: FolderPlatform,
): Promise<Lock> {
  const takeOverHint = 'take the run over with `takeOver: true`';
  return platform.lockFolder(path, { what: 'run folder', takeOverHint, takeOver, onNotice });
}

/** Takes away what processes left that were killed while they wrote. */
async function removeTemporaries(path: string, platform: FolderPlatform): Promise<void> {
  const names = await namesIn(path, platform);
  for (const name of names.filter(isTemporary)) await removeFile(platform.paths.join(path, name), platform);
}

/** Takes away what is left of a run that was ended before its first checkpoint. */
async function clearStart(
  path: string,
  names: readonly string[],
  { onNotice }: Pick<OpenRunOptions, 'onNotice'>,
  platform: FolderPlatform,
): Promise<void> {
  await onNotice?.(`the run in ${path} was ended before its first checkpoint: it begins anew`);
  for (const name of names) await removeFile(platform.paths.join(path, name), platform);
}
