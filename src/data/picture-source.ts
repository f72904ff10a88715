import type { PictureLimits } from './picture-limits.ts';

/** Where pixels come from; plain data, so that it can be handed to a worker. */
export type PictureSource = MemorySource | FileSource;

/** Pictures of one size in one block of (shared) memory; sample `i` is record `rows[i]`. */
export interface MemorySource {
  readonly kind: 'memory';
  readonly bytes: Uint8Array;
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

/** One file for each sample. */
export interface FileSource {
  readonly kind: 'files';
  readonly paths: readonly string[];
  /** What decoding one of them may cost, if not the usual. */
  readonly limits?: PictureLimits | undefined;
}
