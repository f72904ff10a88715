import { join } from 'node:path';
import * as z from 'zod/mini';
import { withUndo } from '../../base/endings.ts';
import { CardinalError } from '../../base/errors.ts';
import { parseJson } from '../../base/validate.ts';
import { mostDecodeSeconds } from '../../data/picture-limits.ts';
import { outcomeSchema, type Outcome } from '../../study/outcome.ts';
import { scales } from '../../study/study.ts';
import { hasCode } from '../../base/file-errors.ts';
import {
  isFolder,
  makeFolder,
  namesIn,
  readTextFile,
  removeFile,
  removeFolderIfEmpty,
  writeFileAtomic,
} from '../files.ts';
import type { Lock } from '../../run/folder/lock.ts';
import { lockFolder, type LockOptions } from '../lock/lock.ts';

/** `study.json`. */
export const studyConfigSchema = z.object({
  /** Cardinal's version. */
  cardinal: z.string(),
  study: z.string(),
  scale: z.enum(scales),
  /** The folder of the pictures, absolute; absent if the study has none. */
  data: z.optional(z.string()),
  /** What decides how a run goes, as text that only equality is asked of. */
  setting: z.string(),
  seeds: z.int().check(z.nonnegative()),
  /** Other lengths than the scale's, if they were asked for. */
  epochs: z.optional(z.int().check(z.positive())),
  pictures: z.optional(z.int().check(z.positive())),
  /** What a picture may cost, if it is not the usual. */
  maxPixels: z.optional(z.int().check(z.positive())),
  decodeSeconds: z.optional(z.int().check(z.positive(), z.maximum(mostDecodeSeconds))),
});
export type StudyConfig = z.infer<typeof studyConfigSchema>;

/**
 * Where a study's runs live, so that what is done is done:
 *
 *     study.json           what is studied
 *     <arm>-seed<n>/       a run folder, with outcome.json when the run is over
 *     .lock-…              the process that works on it
 */
export class StudyFolder {
  readonly path: string;
  readonly #lock: Lock;

  private constructor(path: string, lock: Lock) {
    this.path = path;
    this.#lock = lock;
  }

  /**
   * Takes a folder for a study. Throws a `CardinalError` if it holds runs and `resume` is not asked for, if the runs in it
   * are of another study or setting, or if another process works on it.
   */
  static async open(
    path: string,
    config: StudyConfig,
    { resume, ...options }: { readonly resume: boolean } & Pick<LockOptions, 'takeOver' | 'onNotice'>,
  ): Promise<StudyFolder> {
    const earlier = await StudyFolder.config(path);
    if (earlier !== undefined && !resume) {
      throw new CardinalError(
        `${path} holds runs of study ${earlier.study} already: go on with \`resume\`, or choose another folder with \`runs\``,
      );
    }
    if (earlier !== undefined) requireSame(path, earlier, config);
    await makeFolder(path);
    const takeOverHint = 'take the study over with `takeOver: true`';
    return withUndo(async (undo) => {
      const lock = await lockFolder(path, { what: 'study folder', takeOverHint, ...options });
      undo.add(() => lock.release());
      await writeFileAtomic(join(path, 'study.json'), `${JSON.stringify(config, undefined, 2)}\n`);
      return new StudyFolder(path, lock);
    });
  }

  /** What the runs in a folder are of; undefined if there are none. */
  static async config(path: string): Promise<StudyConfig | undefined> {
    const file = join(path, 'study.json');
    const text = await readIfThere(file);
    return text === undefined ? undefined : parseJson(studyConfigSchema, text, file);
  }

  /** What a run came to; undefined if it is not over. */
  async outcome(run: string): Promise<Outcome | undefined> {
    const file = join(this.path, run, 'outcome.json');
    const text = await readIfThere(file);
    return text === undefined ? undefined : parseJson(outcomeSchema, text, file);
  }

  /** Throws a `LockLostError` if another process has taken the folder over. */
  check(): Promise<void> {
    return this.#lock.check();
  }

  async finish(run: string, outcome: Outcome): Promise<void> {
    await this.check();
    const folder = join(this.path, run);
    await makeFolder(folder);
    await writeFileAtomic(join(folder, 'outcome.json'), `${JSON.stringify(outcome, undefined, 2)}\n`);
  }

  /** The folder of a run that is not over, and whether it is there already, to be continued as far as it came. */
  async prepare(run: string): Promise<{ readonly path: string; readonly resume: boolean }> {
    await this.check();
    const path = join(this.path, run);
    return { path, resume: await isFolder(path) };
  }

  /** Gives the folder free; one without anything in it but its description is removed. */
  async close(): Promise<void> {
    await this.#lock.release();
    const names = await namesIn(this.path);
    if (names.some((name) => name !== 'study.json')) return;
    await removeFile(join(this.path, 'study.json'));
    await removeFolderIfEmpty(this.path);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readTextFile(file);
  } catch (error) {
    if (error instanceof CardinalError && hasCode(error.cause, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function requireSame(path: string, earlier: StudyConfig, now: StudyConfig): void {
  const other = (['study', 'scale', 'data', 'setting'] as const).find((key) => earlier[key] !== now[key]);
  if (other === undefined) return;
  const difference =
    other === 'setting'
      ? `with other settings (version ${earlier.cardinal}, this is ${now.cardinal})`
      : `with ${other} ${earlier[other] ?? 'none'}, not ${now[other] ?? 'none'}`;
  throw new CardinalError(
    `the runs in ${path} were made ${difference}: choose another folder with \`runs\`, or delete it`,
  );
}
