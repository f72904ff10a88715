import { objectWith } from '../base/options.ts';
import type { PictureLimitOptions } from './picture-limits.ts';
import type { HeldOut } from './picture-record.ts';
import type { ReadData } from './reader.ts';

/** Labelled pictures of one source, ready to be loaded; `leftOutLine` says `leftOut` in words. */
export interface OpenData extends ReadData {
  /** The folder as it was given. */
  readonly path: string;
  /** True if `val` was held out of the training pictures because the source has none. */
  readonly valHeldOut: boolean;
  /** How it was, then. */
  readonly heldOut?: HeldOut | undefined;
}

/** Limits of pictures hold for everything that is done with the data: they go with its datasets. */
export interface OpenOptions extends PictureLimitOptions {
  /** Decides which pictures are held out for validation. Default 0. */
  readonly seed?: number | undefined;
  /** Share of every training class that is held out where the source has no validation split. Default 0.1; 0: none. */
  readonly valFraction?: number | undefined;
  /** Class names to number the labels by (a checkpoint's). The data's own must be among them, or equal to them. */
  readonly classes?: readonly string[] | undefined;
  /** Refuse what is left out and may be missed; decode every picture now and refuse the first that cannot be. */
  readonly strict?: boolean | undefined;
}

/** What functions take that come after `openData`. */
export const openDataKind = objectWith('what openData gives once it is awaited', 'train', 'classes', 'path');
