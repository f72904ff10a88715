import { failing, isMissing } from '../../base/file-errors.ts';
import { isCommit, type HubName } from '../../hub/name.ts';
import { checksumOf } from '../../hub/checksum.ts';
import type { FileMetadata } from '../../hub/source.ts';
import { isFolder, makeFolder, readTextFile, removeFile, writeFileAtomic } from '../../run/folder/files.ts';
import type { FolderPlatform } from '../../run/folder/platform.ts';
import { fileAt } from '../store/file-at.ts';
import { formatListing, parseListing, type Listing } from '../../hub/listing.ts';
import { otherSum } from './sums.ts';

const root = 'opfs:.cardinal/hub';
const mostListing = 2 ** 25;

/**
 * A repository in the private file system:
 *
 *     models--owner--repo/
 *       blobs/<etag>               contents
 *       commits/<commit>.json      what the commit has: names, ETags, sizes
 *       refs/<revision>            the commit a branch or tag stood for last; `/` in it is `%2F`
 */
export class RepoCache {
  readonly platform: FolderPlatform;
  readonly #folder: string;
  readonly #verify: boolean;
  /** Contents that were found to be whole. */
  readonly #whole = new Set<string>();

  constructor({ owner, repo }: HubName, verify: boolean, platform: FolderPlatform) {
    this.platform = platform;
    this.#folder = `${root}/models--${owner}--${repo}`;
    this.#verify = verify;
  }

  /** The commit that a revision stood for when it was last asked about; a commit stands for itself. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision;
    const commit = await this.#read(this.#ref(revision), 4096);
    return commit !== undefined && isCommit(commit) ? commit : undefined;
  }

  async remember(revision: string, commit: string): Promise<void> {
    if ((await this.commitOf(revision)) !== commit) await this.#write('refs', this.#ref(revision), commit);
  }

  /** What a commit has; undefined if that is not known. */
  async listing(commit: string): Promise<Listing | undefined> {
    const path = this.#commit(commit);
    const text = await this.#read(path, mostListing);
    try {
      return text === undefined ? undefined : parseListing(text, path);
    } catch {
      // It is asked for again.
      return undefined;
    }
  }

  async keepListing(listing: Listing): Promise<void> {
    await this.#write('commits', this.#commit(listing.commit), formatListing(listing));
  }

  /** Where a content of this ETag lies, or will. */
  blob(etag: string): string {
    return `${this.#folder}/blobs/${etag}`;
  }

  /** A content that is there, and whether it is whole; undefined if it is not there. */
  async find(
    { etag, size }: FileMetadata,
    signal?: AbortSignal,
  ): Promise<{ readonly file: File; readonly isWhole: boolean } | undefined> {
    const path = this.blob(etag);
    const file = await fileAt(path).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (file === undefined) return undefined;
    if (size !== undefined && file.size !== size) return { file, isWhole: false };
    const checksum = this.#verify && !this.#whole.has(etag) ? checksumOf(etag) : undefined;
    const isWhole = checksum === undefined || (await otherSum(checksum, file, signal)) === undefined;
    if (isWhole) this.#whole.add(etag);
    return { file, isWhole };
  }

  async makeBlobs(): Promise<void> {
    await this.#makeFolder('blobs');
  }

  async removeBlob(etag: string): Promise<void> {
    await removeFile(this.blob(etag), this.platform);
  }

  async #makeFolder(name: string): Promise<void> {
    const path = `${this.#folder}/${name}`;
    if (!(await isFolder(path, this.platform))) await makeFolder(path, this.platform);
  }

  async #write(folder: string, path: string, text: string): Promise<void> {
    await this.#makeFolder(folder);
    await writeFileAtomic(path, text, {}, this.platform);
  }

  async #read(path: string, most: number): Promise<string | undefined> {
    return readTextFile(path, most, this.platform).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      return failing('read', path)(error);
    });
  }

  #ref(revision: string): string {
    return `${this.#folder}/refs/${revision.replaceAll('/', '%2F')}`;
  }

  #commit(commit: string): string {
    return `${this.#folder}/commits/${commit}.json`;
  }
}
