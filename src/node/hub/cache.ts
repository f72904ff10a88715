import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { copyFile, mkdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileError, hasCode } from '../../base/file-errors.ts';
import { temporarySuffix, writeFileAtomic } from '../files.ts';
import { NotReadableError } from '../../base/file-errors.ts';
import { openRegular, readRegular } from '../regular-file.ts';
import { checksumOf, type Checksum } from '../../hub/checksum.ts';
import { otherChecksum } from './checksum.ts';
import { isCommit, type HubName } from '../../hub/name.ts';

/** A file of a commit in the cache. */
export interface Cached {
  readonly path: string;
  /** Of the blob that it links to; undefined if it is a file itself. */
  readonly etag: string | undefined;
}

/**
 * A repository in the cache, laid out as huggingface_hub has it ("Manage huggingface_hub cache-system"), so that what
 * either downloaded is found by both:
 *
 *     models--owner--repo/              datasets--owner--repo/ of data
 *       blobs/<etag>                   contents
 *       snapshots/<commit>/<file>      a link to the blob, or the file itself where there are no links
 *       refs/<revision>                the commit a branch or tag stood for last
 *       .no_exist/<commit>/<file>      empty: this commit has no such file
 */
export class RepoCache {
  readonly #folder: string;
  readonly #locks: string;
  readonly #blobs: string;
  readonly #symlinks: boolean;
  readonly #verify: boolean;
  /** What was found of contents, by checksum and identity of the file. */
  readonly #known = new Map<string, boolean>();

  /** With `verify` contents are held against their ETags, where those are hashes. */
  constructor(
    cacheDir: string,
    { owner, repo, isDataset }: HubName,
    { symlinks, verify }: { readonly symlinks: boolean; readonly verify: boolean },
  ) {
    const name = `${isDataset === true ? 'datasets' : 'models'}--${owner}--${repo}`;
    this.#folder = resolve(cacheDir, name);
    this.#blobs = join(this.#folder, 'blobs');
    this.#locks = join(cacheDir, '.locks', name);
    this.#symlinks = symlinks;
    this.#verify = verify;
  }

  /** The path of a file of a commit, if it is there. A link whose blob was deleted counts as nothing. */
  async find(commit: string, file: string): Promise<Cached | undefined> {
    const path = this.#snapshot(commit, file);
    if (!(await isFile(path))) return undefined;
    const target = await readlink(path).catch(() => undefined);
    const blob = target === undefined ? undefined : resolve(dirname(path), target);
    const etag = blob !== undefined && dirname(blob) === this.#blobs ? basename(blob) : undefined;
    return { path, etag };
  }

  /**
   * Whether what lies at `path` is the content that an ETag promises; of `size` bytes, if it promises
   * nothing. It is read once for
   * all calls, unless it changes.
   */
  async isWhole(
    path: string,
    etag: string | undefined,
    size: number | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const information = await look(path);
    if (information?.isFile() !== true) return false;
    const checksum = this.#verify && etag !== undefined ? checksumOf(etag) : undefined;
    if (checksum === undefined) return size === undefined || information.size === size;
    const { dev, ino, mtimeMs, ctimeMs } = information;
    const key = [checksum.digits, dev, ino, information.size, mtimeMs, ctimeMs].join(' ');
    let whole = this.#known.get(key);
    if (whole === undefined) {
      whole = await matches(path, checksum, signal);
      this.#known.set(key, whole);
    }
    return whole;
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
      const commit = new TextDecoder().decode(await readRegular(this.#ref(revision), 4096)).trim();
      return isCommit(commit) ? commit : undefined;
    } catch (error) {
      if (error instanceof NotReadableError || hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw fileError('read', this.#ref(revision), error);
    }
  }

  async remember(revision: string, commit: string): Promise<void> {
    if ((await this.commitOf(revision)) !== commit) await writeWithFolder(this.#ref(revision), commit);
  }

  /** Where a content of this ETag lies, or will. */
  blob(etag: string): string {
    return join(this.#blobs, etag);
  }

  /** Whether a finished content is there and whole. */
  hasBlob(etag: string, size: number | undefined, signal?: AbortSignal): Promise<boolean> {
    return this.isWhole(this.blob(etag), etag, size, signal);
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
        await copyFile(this.blob(etag), temporary, constants.COPYFILE_EXCL);
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

/** Whether a file has the content of a checksum. Throws a `CardinalError` if it cannot be read. */
async function matches(path: string, checksum: Checksum, signal?: AbortSignal): Promise<boolean> {
  try {
    const { handle, size } = await openRegular(path);
    try {
      return (await otherChecksum(checksum, handle, size, signal)) === undefined;
    } finally {
      await handle.close();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw fileError('read', path, error);
  }
}

async function writeWithFolder(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, text);
}
