import { objectWith } from '../base/options.ts';
import type { LeftOut } from './left-out.ts';
import type { HeldOut } from './picture-record.ts';
import type { DataKind } from './reader.ts';
import type { PictureDataset } from './source.ts';

/** Labelled pictures of one source, ready to be loaded. */
export interface OpenData {
  readonly kind: DataKind;
  /** The folder as it was given. */
  readonly path: string;
  readonly classes: readonly string[];
  /** Channels of the pictures as they are stored: 1 for the IDX family, 3 otherwise. */
  readonly channels: 1 | 3;
  /** [H, W] that all pictures share; undefined for photos of all sizes. */
  readonly pictureSize: readonly [number, number] | undefined;
  readonly train: PictureDataset | undefined;
  readonly val: PictureDataset | undefined;
  readonly test: PictureDataset | undefined;
  /** True if `val` was held out of the training pictures because the source has none. */
  readonly valHeldOut: boolean;
  /** How it was, then. */
  readonly heldOut?: HeldOut | undefined;
  /** What lies there and is not read, by kind; what it is in words: `leftOutLine`. */
  readonly leftOut: readonly LeftOut[];
}

/** What functions take that come after `openData`. */
export const openDataKind = objectWith('what openData gives once it is awaited', 'train', 'classes', 'path');
