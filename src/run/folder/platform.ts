import type { PicturePlatform } from '../../data/picture-platform.ts';
import type { FilePlatform } from './file-system.ts';
import type { FolderLockOptions, Lock } from './lock.ts';

/** A SHA-256 that is taken piece by piece. */
export interface RunningHash {
  update(data: Uint8Array | string): void;
  /** In hexadecimal; asked for once. */
  digest(): string;
}

export interface PackedTexts {
  /** All of them as one. */
  readonly zipped: Uint8Array;
  /** In hexadecimal. */
  readonly sums: readonly string[];
}

/** What a platform gives so that pictures are listed in a run folder. */
export interface ListPlatform {
  readonly pictures: PicturePlatform;
  newSha256(): RunningHash | Promise<RunningHash>;
  /** Gzips texts that come in pieces, one text after the other, and gives the SHA-256 of each. */
  pack(texts: readonly AsyncIterable<string>[]): Promise<PackedTexts>;
  /** Unzips as far as it is asked for. Throws any error if the bytes are damaged. */
  gunzip(bytes: Uint8Array): AsyncIterable<Uint8Array>;
}

/** What a platform gives so that there are run folders. */
export interface FolderPlatform extends FilePlatform, Pick<ListPlatform, 'gunzip'> {
  /** Takes a folder that is there. Throws an `InUseError` if somebody has it, a `CardinalError` if it cannot be taken. */
  lockFolder(path: string, options: FolderLockOptions): Promise<Lock>;
}
