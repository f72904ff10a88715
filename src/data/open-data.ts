import { objectWith } from '../base/options.ts';
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

/** What functions take that come after `openData`. */
export const openDataKind = objectWith('what openData gives once it is awaited', 'train', 'classes', 'path');
