import { CardinalError, messageOf } from '../../base/errors.ts';
import { visible } from '../../base/quoted.ts';
import type { HubAnswer, HubRequest } from '../../hub/answer.ts';
import { download, type Part } from '../../hub/download.ts';
import { HubError } from '../../hub/hub-error.ts';
import { formatHubName, isCommit, type HubName } from '../../hub/name.ts';
import type { Repository } from '../../hub/resolve.ts';
import type { Space } from '../../hub/room.ts';
import type { FileMetadata, HubAccess, HubProgress, HubSource } from '../../hub/source.ts';
import { usualTiming, withRetries, type HubTiming } from '../../hub/timing.ts';
import { openFolderPlatform } from '../store/folder-platform.ts';
import { inTurn } from '../store/lock.ts';
import { RepoCache } from './cache.ts';
import { askListing, type Listing } from '../../hub/listing.ts';
import { PassingPart, StoredPart } from './part.ts';
import { sendFromPage, unreachableFromPage } from './send.ts';

export interface WebHubOptions {
  /** Called at the beginning, with every piece that arrives, and when a broken download is resumed. */
  readonly onProgress?: ((progress: HubProgress) => void) | undefined;
  /** Called with a one-line warning about a problem that was overcome. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where the hub is. Default: https://huggingface.co. It must let pages of other sites read it (CORS). */
  readonly endpoint?: string | undefined;
  /** For repositories that are not open to all. Whoever sees the page can see it. */
  readonly token?: string | undefined;
  /** The most bytes that a file of weights may have. Default: 4 GiB. */
  readonly maxBytes?: number | undefined;
  /** Verify cached files against the hub's hashes before use. Default: true. Downloads are always verified. */
  readonly verify?: boolean | undefined;
  /** @internal for tests. */
  readonly timing?: Partial<HubTiming> | undefined;
}

/** A file of a repository. */
export interface WebHubFile {
  readonly blob: Blob;
  readonly commit: string;
}

const usualEndpoint = 'https://huggingface.co';
const mostWeights = 2 ** 32;

/** What a page has of the private file system for downloads. */
const pageSpace: Space = {
  async free() {
    const { usage, quota } = await navigator.storage.estimate();
    return usage === undefined || quota === undefined ? Infinity : quota - usage;
  },
  tooSmall: (free) =>
    `the browser gives this site ${free} more: delete runs that are not needed any more (deleteRun), or make room on the disk`,
};

const noLimit: Space = { free: () => Promise.resolve(Infinity), tooSmall: () => '' };

/** One revision of a repository, for as long as a call lasts: all files come from the same commit. */
export class HubRepo implements HubSource, Repository<WebHubFile> {
  readonly name: HubName;
  readonly settings: HubAccess;
  readonly timing: HubTiming;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: HubProgress) => void) | undefined;
  readonly warn: (message: string) => void;
  readonly words = { token: 'the option token', endpoint: 'the option endpoint and the network' };
  readonly #maxBytes: number;
  /** Undefined where nothing can be kept. */
  readonly #cache: RepoCache | undefined;
  #listing: Listing | undefined;
  /** Why only the cache is asked, if so. */
  #offline: HubError | undefined;

  static async open(name: HubName, options: WebHubOptions): Promise<HubRepo> {
    const platform = await openFolderPlatform().catch((error: unknown) => {
      if (!(error instanceof CardinalError)) throw error;
      options.onWarning?.(`what is downloaded is not kept for the next time: ${messageOf(error)}`);
      return undefined;
    });
    const cache = platform && new RepoCache(name, options.verify ?? true, platform);
    return new HubRepo(name, options, cache);
  }

  private constructor(name: HubName, options: WebHubOptions, cache: RepoCache | undefined) {
    const {
      endpoint = usualEndpoint,
      token,
      signal,
      onProgress,
      onWarning,
      maxBytes = mostWeights,
    } = options;
    this.name = name;
    this.settings = { endpoint: new URL(endpoint.replace(/\/+$/, '')), token };
    this.timing = { ...usualTiming, ...options.timing };
    this.signal = signal;
    this.onProgress = onProgress;
    this.warn = (message) => {
      onWarning?.(visible(message));
    };
    this.#maxBytes = maxBytes;
    this.#cache = cache;
  }

  get page(): string {
    return `${this.settings.endpoint.href.replace(/\/$/, '')}/${this.name.owner}/${this.name.repo}`;
  }

  get isOffline(): boolean {
    return this.#offline !== undefined;
  }

  fileUrl(file: string, revision: string): URL {
    const path = file.split('/').map(encodeURIComponent).join('/');
    return new URL(`${this.page}/resolve/${encodeURIComponent(revision)}/${path}`);
  }

  send(request: HubRequest): Promise<HubAnswer> {
    return sendFromPage(request);
  }

  unreachable(url: URL, error: unknown, when?: string): HubError {
    return unreachableFromPage(url, error, when);
  }

  origin(commit: string, file?: string): string {
    return formatHubName({ ...this.name, revision: commit, file });
  }

  async fetch(file: string, most = this.#maxBytes): Promise<WebHubFile> {
    this.signal?.throwIfAborted();
    const { commit, files } = (this.#listing ??= await this.#list());
    const metadata = files.get(file);
    if (metadata === undefined) {
      throw new HubError(`there is no ${this.origin(commit, file)}`, { fault: 'absent', commit });
    }
    if (this.#cache === undefined) return { blob: await this.#pass(file, metadata, most), commit };
    return { blob: await this.#keep(file, metadata, most, this.#cache), commit };
  }

  async readText({ blob }: WebHubFile, most: number): Promise<string> {
    return (await blob.slice(0, most).text()).replace(/^\uFEFF/, '');
  }

  async remember(): Promise<void> {
    if (this.#listing === undefined || this.#offline !== undefined) return;
    // Without it the next time needs the network, and this time is served all the same.
    await this.#cache?.remember(this.name.revision, this.#listing.commit).catch(() => undefined);
  }

  /** What the revision has: of a commit it is known for ever, of a branch the hub is asked, or the cache if it does not answer. */
  async #list(): Promise<Listing> {
    const { revision } = this.name;
    const known = await this.#cache?.commitOf(revision);
    const kept = known === undefined ? undefined : await this.#cache?.listing(known);
    if (kept !== undefined && isCommit(revision)) return kept;
    try {
      const listing = await withRetries(() => askListing(this, revision), {
        timing: this.timing,
        signal: this.signal,
        // With something to fall back on, nobody should wait for a hub that is down.
        ...(kept === undefined ? {} : { tries: 1 }),
      });
      if (kept?.commit !== listing.commit) await this.#cache?.keepListing(listing);
      return listing;
    } catch (error) {
      this.signal?.throwIfAborted();
      const canGoOffline = error instanceof HubError && !['absent', 'unknown'].includes(error.details.fault);
      if (!canGoOffline || kept === undefined) throw error;
      this.#offline = error;
      this.warn(`${error.message}; going on with what was downloaded of ${this.origin(kept.commit)}`);
      return kept;
    }
  }

  /** A file in the cache, downloaded if it is not there or damaged. */
  async #keep(file: string, metadata: FileMetadata, most: number, cache: RepoCache): Promise<Blob> {
    const there = await cache.find(metadata, this.signal);
    if (there?.isWhole === true) return there.file;
    if (this.#offline !== undefined) {
      const what = formatHubName({ ...this.name, file });
      const state = there === undefined ? 'was never downloaded here' : 'is damaged in the cache';
      throw new HubError(`${what} ${state}, and ${this.#offline.message}`, {
        fault: there === undefined ? 'absent' : 'wrong',
        cause: this.#offline,
      });
    }
    const path = cache.blob(metadata.etag);
    return inTurn(`download ${path}`, this.signal, async () => {
      // Another tab may have downloaded it meanwhile.
      const found = await cache.find(metadata, this.signal);
      if (found?.isWhole === true) return found.file;
      if (found !== undefined) {
        this.warn(
          `what was kept of ${formatHubName({ ...this.name, file })} is damaged: downloading it again`,
        );
        await cache.removeBlob(metadata.etag);
      }
      await cache.makeBlobs();
      const part = await StoredPart.open(`${path}.incomplete`, cache.platform.files, this.signal);
      try {
        await this.#download(file, metadata, most, part, pageSpace);
        await part.finish(path);
      } finally {
        await part.close();
      }
      const whole = await cache.find(metadata, this.signal);
      if (whole?.isWhole === true) return whole.file;
      throw new CardinalError(`${path} was changed while it was written: try again`);
    });
  }

  async #pass(file: string, metadata: FileMetadata, most: number): Promise<Blob> {
    const part = new PassingPart();
    await this.#download(file, metadata, most, part, noLimit);
    return part.blob;
  }

  async #download(
    file: string,
    metadata: FileMetadata,
    most: number,
    part: Part,
    space: Space,
  ): Promise<void> {
    const what = this.origin(metadata.commit, file);
    const url = this.fileUrl(file, metadata.commit);
    await download(this, { file, what, url, page: this.page, metadata, most, space }, part);
  }
}
