import type { Picture } from './dataset.ts';
import type { Timed } from './in-time.ts';
import type { OptionalFormatName, PictureFormatName } from './picture-format.ts';
import type { PictureLimits } from './picture-limits.ts';

/**
 * What a platform gives so that pictures can be had: Node has files and sharp, a page has blobs and its browser's decoders. Functions
 * of `data` and `use` that need it take it as their last argument; `src/node` exports the same functions without.
 */
export interface PicturePlatform {
  /** The path that a `file:` URL stands for. Throws any error if it stands for none. */
  pathOf(url: string): string;
  /** The bytes of a picture file, a buffer of their own. Throws any error, of a file of more than `most` bytes too. */
  readFile(path: string, most: number): Promise<Uint8Array>;
  /** So many bytes of a file from `offset` on, a buffer of their own. Throws any error, if the file ends before them too. */
  readRange(path: string, offset: number, size: number): Promise<Uint8Array>;
  /** How many bytes a file has. Throws any error if there is none. */
  fileSize(path: string): Promise<number>;
  /** Decodes by what the platform has, or by `formats/own.ts`; each step is `timed`. Throws any error. */
  decode(
    bytes: Uint8Array,
    format: PictureFormatName | OptionalFormatName,
    limits: PictureLimits,
    timed: Timed,
  ): Promise<Picture>;
  /** Whether it decodes a format that not every decoder does. */
  canDecode(format: OptionalFormatName): boolean;
  /**
   * What was thrown when the picture `name` was read or decoded, as one error: a `ShortageError` with all that a person is to know if
   * the machine has run out of something, or an `Error` with the bare reason.
   */
  failureOf(error: unknown, name: string): Error;
  /** SHA-256 of bytes, or of text in UTF-8, in hexadecimal. */
  sha256(data: Uint8Array | string): string | Promise<string>;
}
