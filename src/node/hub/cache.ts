import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileError, hasCode, temporarySuffix, writeFileAtomic } from '../files.ts';
import { isCommit, type HubName } from './name.ts';

/**
 * A repository in the cache, laid out as huggingface_hub has it ("Manage huggingface_hub cache-system"), so that what
 * either downloaded is found by both:
 *
 *     models--owner--repo/
 *       blobs/<etag>                   contents
 *       snapshots/<commit>/<file>      a link to the blob, or the file itself where there are no links
 *       refs/<revision>                the commit a branch or tag stood for last
 *       .no_exist/<commit>/<file>      empty: this commit has no such file
 */
export class RepoCache {
  readonly #folder: string;
  readonly #locks: string;
  readonly #symlinks: boolean;

  constructor(cacheDir: string, { owner, repo }: HubName, symlinks: boolean) {
    const name = `models--${owner}--${repo}`;
    this.#folder = join(cacheDir, name);
    this.#locks = join(cacheDir, '.locks', name);
    this.#symlinks = symlinks;
  }

  /** The path of a file of a commit, if it is there. A link whose blob was deleted counts as nothing. */
  async find(commit: string, file: string): Promise<string | undefined> {
    const path = this.#snapshot(commit, file);
    return (await isFile(path)) ? path : undefined;
  }

  /** Whether there is anything of a commit. */
  async hasCommit(commit: string): Promise<boolean> {
    return (await look(join(this.#folder, 'snapshots', commit))) !== undefined;
  }

  /** Whether it is known that a commit has no such file. */
  isKnownAbsent(commit: string, file: string): Promise<boolean> {
    return isFile(join(this.#folder, '.no_exist', commit, ...file.split('/')));
  }

  async markAbsent(commit: string, file: string): Promise<void> {
    await writeWithFolder(join(this.#folder, '.no_exist', commit, ...file.split('/')), '');
  }

  /** The commit that a revision stood for when it was last asked about; a commit stands for itself. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    try {
      const commit = (await readFile(this.#ref(revision), 'utf8')).trim();
      return isCommit(commit) ? commit : undefined;
    } catch (error) {
      if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
      throw fileError('read', this.#ref(revision), error);
    }
  }

  async remember(revision: string, commit: string): Promise<void> {
    if ((await this.commitOf(revision)) !== commit) await writeWithFolder(this.#ref(revision), commit);
  }

  /** Where a content of this ETag lies, or will. */
  blob(etag: string): string {
    return join(this.#folder, 'blobs', etag);
  }

  /** Whether a finished content is there; one of another length than `size` is not. */
  async hasBlob(etag: string, size: number | undefined): Promise<boolean> {
    const information = await look(this.blob(etag));
    return information?.isFile() === true && (size === undefined || information.size === size);
  }

  /** The folder that whoever downloads this blob locks. */
  lock(etag: string): string {
    // Beside huggingface_hub's `<etag>.lock`, which is held by a call of the system that Node does not have.
    return join(this.#locks, `${etag}.cardinal`);
  }

  /**
   * Shows a finished blob as a file of a commit. Where links cannot be made, the blob itself is moved there if it is
   * `fresh` and else copied, because another commit may link to it.
   */
  async link(etag: string, commit: string, file: string, fresh: boolean): Promise<string> {
    const path = this.#snapshot(commit, file);
    const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}${temporarySuffix}`);
    try {
      await mkdir(dirname(path), { recursive: true });
      if (this.#symlinks && (await tryLink(relative(dirname(path), this.blob(etag)), temporary))) {
        await rename(temporary, path);
      } else if (fresh) {
        await rename(this.blob(etag), path);
      } else {
        await copyFile(this.blob(etag), temporary);
        await rename(temporary, path);
      }
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw fileError('write', path, error);
    }
    return path;
  }

  #snapshot(commit: string, file: string): string {
    return join(this.#folder, 'snapshots', commit, ...file.split('/'));
  }

  #ref(revision: string): string {
    return join(this.#folder, 'refs', ...revision.split('/'));
  }
}

/** Whether the system made the link. Windows makes none without a privilege, and some file systems know none. */
async function tryLink(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path, 'file');
    return true;
  } catch (error) {
    if (hasCode(error, 'EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'UNKNOWN'))
      return false;
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await look(path))?.isFile() === true;
}

/** What a path leads to, links followed; `undefined` if to nothing. */
async function look(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw fileError('read', path, error);
  }
}

async function writeWithFolder(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, text);
}
