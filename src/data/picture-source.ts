import type { FileContent } from './file-content.ts';
import type { PictureLimits } from './picture-limits.ts';
import type { Picture } from './dataset.ts';

/** Where pixels come from; plain data, so that it can be handed to a worker, but for streams. */
export type PictureSource = MemorySource | RecordSource | EncodedSource | StreamSource;

/** Pictures that are decoded each by itself. */
export type EncodedSource = FileSource | ShardSource;

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
  /** Whether numbers stand before the pixels of each record, which are what the network gets (`own/kept-pictures.ts`). */
  readonly floats?: true | undefined;
}

/** Reads the pictures of one epoch of a stream, one after the other. */
export interface StreamReader {
  readonly epoch: number;
  /** How many were read. */
  readonly at: number;
  /**
   * The next picture. Throws a `UsageError` that says which one, if the stream has ended, throws, or gives none that can be used; the
   * reason of the signal if that is aborted before.
   */
  next(signal?: AbortSignal): Promise<CheckedSample>;
  skipTo(at: number, signal: AbortSignal): Promise<void>;
  /** Tells the stream that no more is wanted, and waits for nothing: it may be waiting itself. */
  end(): void;
}

/** A program's sample that was checked, with its label as an index. */
export interface CheckedSample {
  readonly picture: Picture;
  readonly label: number;
  readonly name: string | undefined;
}

/** Pictures that a function of the program gives one after the other, epoch by epoch (`own/own-stream.ts`). */
export interface StreamSource {
  readonly kind: 'stream';
  readonly length: number;
  readonly begin: (epoch: number, seed: number) => StreamReader;
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

/** Pictures that are ranges of bytes in a few files: members of tar archives. Sample `i` is member `rows[i]`. */
export interface ShardSource {
  readonly kind: 'shards';
  /** Paths of the files. */
  readonly files: readonly string[];
  readonly members: ShardMembers;
  /** Whether files are taken for fair mixes of classes: then an epoch goes through them nearly in order, else all over them. */
  readonly mixed: boolean;
  readonly rows: Uint32Array;
  /** What decoding one of them may cost, if not the usual. */
  readonly limits?: PictureLimits | undefined;
}

/** Where members are, file after file, in memory that is shared with threads: a few bytes for each, and no object. */
export interface ShardMembers {
  /** The first member of each file, and how many there are in all. */
  readonly starts: Uint32Array;
  /** First byte of each in its file, and bytes. */
  readonly offsets: Float64Array;
  readonly sizes: Uint32Array;
  /** Their names in UTF-8, one after the other, and where each ends. */
  readonly names: Uint8Array;
  readonly nameEnds: Uint32Array;
}
