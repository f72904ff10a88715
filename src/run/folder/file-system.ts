/**
 * What run folders are made of: every operation that writes them, and those that read them, one by one. So tests can stop a
 * run before and after each, have it fail, or lose what was not synced. Errors have the `code` of POSIX (`ENOENT`, …), whatever
 * the platform calls them.
 */
export interface FileSystem {
  /** `wx` makes a new file, `a` writes at the end, `r+` changes one that is there. */
  open(path: string, flags: OpenFlags): Promise<OpenFile>;
  /** An ordinary file whole. Throws a `NotReadableError` if it is anything else, or larger than `most` bytes. */
  readFile(path: string, most?: number): Promise<Uint8Array>;
  /** What has the name `to` is replaced. */
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes one folder. */
  mkdir(path: string): Promise<void>;
  /** Removes a folder that is empty. */
  rmdir(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  stat(path: string): Promise<FileStats>;
  /** Makes the names in a folder durable: what was made, renamed or removed in it. */
  syncFolder(path: string): Promise<void>;
}

export type OpenFlags = 'r' | 'r+' | 'wx' | 'a';

export interface OpenFile {
  /** Reads into `bytes` from `position` on and gives how many it read; 0 at the end. */
  read(bytes: Uint8Array, position: number): Promise<number>;
  /** Writes behind what was written before and gives how many bytes, which may be fewer than there are. */
  write(bytes: Uint8Array): Promise<number>;
  /** Cuts the file to so many bytes. */
  truncate(size: number): Promise<void>;
  /** Makes the contents durable. */
  sync(): Promise<void>;
  stat(): Promise<FileStats>;
  close(): Promise<void>;
}

export interface FileStats {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** What paths are made of on a platform. */
export interface Paths {
  join(folder: string, name: string): string;
  /** The folder that something lies in; of a root, itself. */
  dirname(path: string): string;
  basename(path: string): string;
  /** The same place from wherever it is asked for. */
  resolve(path: string): string;
}

/** What a platform gives so that files are written whole or not at all. */
export interface FilePlatform {
  readonly files: FileSystem;
  readonly paths: Paths;
  /** Has a file removed when the process exits before the function that this gives is called. One that is killed leaves it. */
  removeAtExit(path: string): () => void;
}
