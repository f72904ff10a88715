import type { FileContent } from './file-content.ts';
import type { PictureLimits } from './picture-limits.ts';

/** Where pixels come from; plain data, so that it can be handed to a worker. */
export type PictureSource = MemorySource | RecordSource | FileSource;

/** Pictures of one size, one after the other; sample `i` is record `rows[i]`. */
export interface Records {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Planar: all of R, then G, then B, as CIFAR has them. */
  readonly layout: 'interleaved' | 'planar';
  /** Bytes from one record to the next, and from a record's start to its pixels. */
  readonly recordBytes: number;
  readonly pixelOffset: number;
  readonly rows: Uint32Array;
}

/** Records in one block of (shared) memory. */
export interface MemorySource extends Records {
  readonly kind: 'memory';
  readonly bytes: Uint8Array;
}

/** Records that lie in blobs: a page sends them so to a worker, which reads them into its memory (`openDataFrom`). */
export interface RecordSource extends Records {
  readonly kind: 'records';
  readonly parts: readonly RecordPart[];
}

/** A file of records. */
export interface RecordPart {
  /** For errors. */
  readonly name: string;
  readonly blob: StreamedBlob;
  readonly gzipped: boolean;
  /** Bytes of a header before the records, and of these, unzipped. */
  readonly skip: number;
  readonly bytes: number;
}

/** What is asked of a `Blob` that may be larger than memory. */
export interface StreamedBlob {
  readonly size: number;
  /** A `ReadableStream` of bytes, which not every program's types know. */
  stream(): object;
}

/** One file for each sample. */
export interface FileSource {
  readonly kind: 'files';
  readonly paths: readonly string[];
  /** What holds their bytes, in the order of `paths`, where these are names alone and no file system knows them. */
  readonly contents?: readonly FileContent[] | undefined;
  /** What decoding one of them may cost, if not the usual. */
  readonly limits?: PictureLimits | undefined;
}
