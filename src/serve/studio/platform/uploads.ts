import { randomUUID } from 'node:crypto';
import { copyFile, link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

import { CardinalError } from '../../../base/errors.ts';
import { withUndo } from '../../../base/endings.ts';
import { failing, fileError, hasCode } from '../../../base/file-errors.ts';
import type { Picture } from '../../../data/dataset.ts';
import { loadPicture } from '../../../node/data/decode.ts';
import { makeFolder } from '../../../node/files.ts';
import type { MakeProgress, UploadedClass } from '../../../studio/platform.ts';

/** Pictures that pages of the studio sent, as files that go when it ends; those that data was made of stay there. */
export class Uploads {
  #folder: Promise<string> | undefined;
  /** Endings of the names that they had. */
  readonly #endings = new Map<string, string>();

  /** Throws an `UnreadableError` if it is no picture. */
  async keep(name: string, bytes: Uint8Array): Promise<string> {
    await loadPicture(bytes);
    const id = randomUUID();
    const folder = await (this.#folder ??= mkdtemp(join(tmpdir(), 'cardinal-studio-')));
    await writeFile(join(folder, id), bytes).catch((error: unknown) => {
      throw fileError('write', folder, error);
    });
    const ending = extname(name).toLowerCase();
    this.#endings.set(id, /^\.[a-z0-9]{1,5}$/.test(ending) ? ending : '.jpg');
    return id;
  }

  async read(id: string): Promise<Picture> {
    return loadPicture(await this.#path(id));
  }

  /**
   * Makes a folder of class folders of them: the first `<root>/<name>`, `<root>/<name>-2`, … that is free. Throws a `CardinalError`, or the
   * signal's reason; nothing of the folder is left then.
   */
  async makeFolders(
    root: string,
    name: string,
    classes: readonly UploadedClass[],
    { signal, onProgress }: MakeProgress,
  ): Promise<string> {
    const paths = await Promise.all(
      classes.map(({ uploads }) => Promise.all(uploads.map((id) => this.#path(id)))),
    );
    const total = paths.reduce((sum, { length }) => sum + length, 0);
    let done = 0;
    return withUndo(async (undo) => {
      const folder = await newFolder(root, name);
      undo.add(() => rm(folder, { recursive: true, force: true }));
      for (const [at, { name: label, uploads }] of classes.entries()) {
        const inside = join(folder, label);
        await makeFolder(inside);
        for (const [index, id] of uploads.entries()) {
          signal.throwIfAborted();
          const target = join(inside, `${String(index + 1).padStart(5, '0')}${this.#endings.get(id) ?? ''}`);
          // Of another disk it must be copied.
          await link(paths[at][index], target)
            .catch(() => copyFile(paths[at][index], target))
            .catch(failing('write', folder));
          if (++done % 50 === 0) onProgress(done, total);
        }
      }
      onProgress(total, total);
      return folder;
    });
  }

  async dispose(): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined);
    this.#folder = undefined;
    this.#endings.clear();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  async #path(id: string): Promise<string> {
    const folder = await this.#folder;
    if (folder === undefined || !this.#endings.has(id)) {
      throw new CardinalError(
        'the picture is not there any more: the studio was started anew, so add it again',
      );
    }
    return join(folder, id);
  }
}

/** Makes the first of `<root>/<name>`, `<root>/<name>-2`, … that is not there: no other page gets the same. Throws a `CardinalError`. */
async function newFolder(root: string, name: string): Promise<string> {
  await makeFolder(root);
  for (let n = 1; ; n++) {
    const folder = join(root, n === 1 ? name : `${name}-${n}`);
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw fileError('make', folder, error);
    }
  }
}
