import type { CifarFormat } from './cifar.ts';
import type { Folders } from './folders.ts';
import type { IdxHeader } from './idx.ts';
import type { MemorySource, RecordSource } from './picture-source.ts';

/** Where records are: in memory, or still in blobs. */
export type RecordBytes = Pick<MemorySource, 'kind' | 'bytes'> | Pick<RecordSource, 'kind' | 'parts'>;

/** Folders with files of records. Labels are read at once, pixels too or by a worker later. All throw a `CardinalError`. */
export interface RecordFolders extends Folders {
  /** The text of a file of names, if there is one. */
  readNames(path: string): Promise<string | undefined>;
  /** The names of classes that lie beside IDX files: `classes.json`, a list, or `classes.txt`, one to a line. */
  readClassNames(folder: string): Promise<readonly string[] | undefined>;
  /** The labels of CIFAR files, file by file, and their records, one file after the other. */
  readCifar(
    paths: readonly string[],
    format: CifarFormat,
  ): Promise<{ readonly labels: readonly Int32Array[]; readonly records: RecordBytes }>;
  /** Opens an IDX file, gzipped if its name ends in `.gz`. */
  openIdx(path: string, rank: 1 | 3): Promise<IdxFile>;
}

/** An IDX file, open: its header is read, its bytes are not. Each of the two below can be called once, and one of them. */
export interface IdxFile {
  readonly header: IdxHeader;
  /** All bytes behind the header, as many as that says. */
  bytes(): Promise<Uint8Array>;
  /** The same as records. */
  records(): Promise<RecordBytes>;
  close(): Promise<void>;
}
