import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { described } from '../../base/described.ts';
import { withEnding } from '../../base/endings.ts';
import { UsageError } from '../../base/errors.ts';
import { visible } from '../../base/quoted.ts';
import { fileError } from '../../base/file-errors.ts';
import type { HubAnswer, HubRequest } from '../../hub/answer.ts';
import type { Repository } from '../../hub/resolve.ts';
import { readTextFile } from '../files.ts';
import { lockDownload } from './blob-lock.ts';
import { RepoCache, type Cached } from './cache.ts';
import { download } from '../../hub/download.ts';
import { HubError } from '../../hub/hub-error.ts';
import { readMetadata } from './metadata.ts';
import { formatHubName, type HubName } from '../../hub/name.ts';
import { diskSpace } from './disk-space.ts';
import { sendRequest, unreachable } from './http.ts';
import { PartFile } from './part-file.ts';
import { readSettings, type Environment, type HubSettings } from './settings.ts';
import type { FileMetadata, HubProgress, HubSource } from '../../hub/source.ts';
import { usualTiming, withRetries, type HubTiming } from '../../hub/timing.ts';

export interface HubOptions {
  /** Called at the beginning, with every piece that arrives, and when a broken download is resumed. */
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
  /** Called with a one-line warning about a problem that was overcome. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where `HF_TOKEN` and the like are read from; default: the process's environment. */
  readonly env?: Environment | undefined;
  /** Default: huggingface_hub's own cache. */
  readonly cacheDir?: string | undefined;
  readonly timing?: Partial<HubTiming> | undefined;
  /** The most bytes that a file of weights may have. Default: 16 GiB. */
  readonly maxBytes?: number | undefined;
  /** Verify cached files against the hub's hashes before use. Default: true. Downloads are always verified. */
  readonly verify?: boolean | undefined;
  /** @internal How much room a folder's disk has, for tests. */
  readonly freeBytes?: ((folder: string) => Promise<number>) | undefined;
}

/** A file of a repository on this machine. */
export interface HubFile {
  readonly path: string;
  readonly commit: string;
}

/** One revision of a repository, for as long as a call lasts: all files come from the same commit. */
export class HubRepo implements HubSource, Repository<HubFile> {
  readonly name: HubName;
  readonly settings: HubSettings;
  readonly timing: HubTiming;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: HubProgress) => void) | undefined;
  readonly warn: (message: string) => void;
  readonly words = { token: 'HF_TOKEN', endpoint: 'HF_ENDPOINT and the proxy' };
  readonly #freeBytes: HubOptions['freeBytes'];
  readonly #maxBytes: number;
  readonly #cache: RepoCache;
  #commit: string | undefined;
  /** Why only the cache is asked, if so. */
  #offline: string | undefined;

  static async open(name: HubName, options: HubOptions = {}): Promise<HubRepo> {
    const settings = await readSettings(options.env ?? process.env, options.cacheDir);
    return new HubRepo(name, settings, options);
  }

  private constructor(name: HubName, settings: HubSettings, options: HubOptions) {
    this.name = name;
    this.settings = settings;
    this.timing = { ...usualTiming, ...options.timing };
    this.signal = options.signal;
    this.onProgress = options.onProgress;
    this.warn = (message) => {
      options.onWarning?.(visible(message));
    };
    this.#freeBytes = options.freeBytes;
    const { maxBytes = mostWeights } = options;
    if (!(typeof maxBytes === 'number' && maxBytes >= 0)) {
      throw new UsageError(`maxBytes: expected a number of bytes, got ${described(maxBytes)}`);
    }
    this.#maxBytes = maxBytes;
    this.#cache = new RepoCache(settings.cacheDir, name, {
      symlinks: settings.symlinks,
      verify: options.verify ?? true,
    });
    this.#offline = settings.offline ? 'HF_HUB_OFFLINE is set: unset it to download' : undefined;
  }

  /** Where a person reads about the repository. */
  get page(): string {
    const { owner, repo, isDataset } = this.name;
    const kind = isDataset === true ? 'datasets/' : '';
    return `${this.settings.endpoint.href.replace(/\/$/, '')}/${kind}${owner}/${repo}`;
  }

  fileUrl(file: string, revision: string): URL {
    const path = file.split('/').map(encodeURIComponent).join('/');
    return new URL(`${this.page}/resolve/${encodeURIComponent(revision)}/${path}`);
  }

  send(request: HubRequest): Promise<HubAnswer> {
    return sendRequest(request);
  }

  unreachable(url: URL, error: unknown, when?: string): HubError {
    return unreachable(url, error, when);
  }

  /**
   * A file of the repository, of at most `most` bytes, from the cache or the hub. What the cache has is verified, and fetched
   * again if it is damaged. Throws a `HubError`, whose fault is `absent` if the repository has no such file, or if the cache has
   * not while only the cache can be asked.
   */
  async fetch(file: string, most: number = this.#maxBytes): Promise<HubFile> {
    this.signal?.throwIfAborted();
    const { revision } = this.name;
    const known = this.#commit ?? (await this.#cache.commitOf(revision));
    const there = known === undefined ? undefined : await this.#cache.find(known, file);
    const isWhole = there !== undefined && (await this.#isWhole(there));
    const cached = isWhole ? there.path : undefined;
    const damaged = isWhole ? undefined : there?.path;
    // A branch may stand for another commit by now, but what a commit has never changes.
    const isSettled = this.isOffline || known === this.#commit || known === revision;
    if (known !== undefined && isSettled) {
      if (cached !== undefined) return this.#found(cached, known);
      if (await this.#cache.isKnownAbsent(known, file)) {
        throw new HubError(`there is no ${this.origin(known, file)}`, { fault: 'absent', commit: known });
      }
    }
    if (this.#offline !== undefined) throw this.#notCached(file, damaged, this.#offline);
    if (damaged !== undefined) this.#warnOfDamage(file, damaged);
    let metadata: FileMetadata;
    try {
      metadata = await this.#ask(file, cached !== undefined);
    } catch (error) {
      this.signal?.throwIfAborted();
      if (known === undefined || !canGoOffline(error) || !(await this.#cache.hasCommit(known))) throw error;
      this.#offline = error.message;
      this.warn(`${error.message}; going on with what the cache has of ${this.origin(known)}`);
      if (cached === undefined) throw this.#notCached(file, damaged, error.message, error);
      return this.#found(cached, known);
    }
    const { commit, etag, size } = metadata;
    const found = await this.#cache.find(commit, file);
    if (found !== undefined) {
      const { path } = found;
      if (await this.#isWhole({ path, etag: found.etag ?? etag }, size)) return this.#found(path, commit);
      if (path !== damaged) this.#warnOfDamage(file, path);
    }
    const isFresh = await this.#ensureBlob(file, metadata, most);
    return this.#found(await this.#cache.link(etag, commit, file, isFresh), commit);
  }

  readText({ path }: HubFile, most: number): Promise<string> {
    return readTextFile(path, most);
  }

  #warnOfDamage(file: string, path: string): void {
    const what = formatHubName({ ...this.name, file });
    this.warn(`what the cache has of ${what} is damaged (${path}): downloading it again`);
  }

  #isWhole({ path, etag }: Cached, size?: number): Promise<boolean> {
    return this.#cache.isWhole(path, etag, size, this.signal);
  }

  /** Whether the cache alone is asked, because of the environment or because the hub did not answer. */
  get isOffline(): boolean {
    return this.#offline !== undefined;
  }

  /** Notes in the cache what the revision stands for, once everything wanted is there. */
  async remember(): Promise<void> {
    if (this.#commit === undefined || this.#offline !== undefined) return;
    // A cache that may only be read has served its purpose all the same.
    await this.#cache.remember(this.name.revision, this.#commit).catch(() => undefined);
  }

  /** `hf:owner/repo@commit/file`: where something is from, for good. */
  origin(commit: string, file?: string): string {
    return formatHubName({ ...this.name, revision: commit, file });
  }

  #found(path: string, commit: string): HubFile {
    this.#commit = commit;
    return { path, commit };
  }

  #notCached(file: string, damaged: string | undefined, reason: string, cause?: unknown): HubError {
    const what = formatHubName({ ...this.name, file });
    if (damaged !== undefined) {
      return new HubError(`${what} is damaged in the cache (${damaged}), and ${reason}`, {
        fault: 'wrong',
        cause,
      });
    }
    return new HubError(`${what} is not in the cache ${this.settings.cacheDir}, and ${reason}`, {
      fault: 'absent',
      cause,
    });
  }

  /** A file's metadata from the hub. All files of a call are of the commit that the first answer named. */
  async #ask(file: string, isCached: boolean): Promise<FileMetadata> {
    try {
      const revision = this.#commit ?? this.name.revision;
      return await withRetries(() => readMetadata(this, file, revision), {
        timing: this.timing,
        signal: this.signal,
        // With something to fall back on, nobody should wait for a hub that is down.
        ...(isCached ? { tries: 1 } : {}),
      });
    } catch (error) {
      const commit = error instanceof HubError ? error.details.commit : undefined;
      if (commit !== undefined) {
        this.#commit ??= commit;
        await this.#cache.markAbsent(commit, file).catch(() => undefined);
      }
      throw error;
    }
  }

  /** Has the blob when it returns; `true` if it is new. */
  async #ensureBlob(file: string, metadata: FileMetadata, most: number): Promise<boolean> {
    const { etag, size } = metadata;
    if (await this.#cache.hasBlob(etag, size, this.signal)) return false;
    const path = this.#cache.blob(etag);
    await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
      throw fileError('write', dirname(path), error);
    });
    // Not huggingface_hub's name for a part: its older versions append to theirs without asking us.
    const partPath = `${path}.cardinal.incomplete`;
    const lock = await lockDownload(this.#cache.lock(etag), {
      timing: this.timing,
      signal: this.signal,
      isDone: () => this.#cache.hasBlob(etag, size, this.signal),
      measure: () => bytesAt(partPath),
      onWait: () => {
        this.warn(`another process downloads ${this.origin(metadata.commit, file)}: waiting for it`);
      },
    });
    if (lock === 'done') return false;
    if (lock === 'stuck') {
      // A part of our own: at worst the same bytes come twice, and both are right.
      const own = `${path}.${randomUUID()}.cardinal.incomplete`;
      await withEnding(
        () => rm(own, { force: true }),
        () => this.#download(file, metadata, most, own),
      );
      return true;
    }
    await withEnding(
      () => lock.release(),
      () => this.#download(file, metadata, most, partPath),
    );
    return true;
  }

  async #download(file: string, metadata: FileMetadata, most: number, partPath: string): Promise<void> {
    const { commit, etag } = metadata;
    const part = await PartFile.open(partPath, this.signal);
    try {
      const what = formatHubName({ ...this.name, revision: commit, file });
      const url = this.fileUrl(file, commit);
      const space = diskSpace(dirname(partPath), this.#freeBytes);
      await download(this, { file, what, url, page: this.page, metadata, most, space }, part);
      await part.finish(this.#cache.blob(etag));
    } finally {
      await part.close();
    }
  }
}

/** The largest networks of this kind have 4 GiB. */
const mostWeights = 2 ** 34;

/** Whether the hub could not be asked, so that its last answer is the best there is. */
function canGoOffline(error: unknown): error is HubError {
  return error instanceof HubError && !['absent', 'unknown'].includes(error.details.fault);
}

/** Bytes of a part; 0 before it is there. */
async function bytesAt(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
