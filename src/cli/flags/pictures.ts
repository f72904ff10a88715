import type { Command } from 'commander';
import {
  defaultPictureLimits,
  mostDecodeSeconds,
  type PictureLimitOptions,
  type PictureLimits,
} from '../../data/picture-limits.ts';
import { integer } from './values.ts';

/** Adds the flags of every command that reads pictures, `PictureLimitOptions`; the limits are those without a flag. */
export function withPictureFlags(
  command: Command,
  { maxPixels, decodeSeconds }: PictureLimits = defaultPictureLimits,
): Command {
  return command
    .option(
      '--max-pixels <n>',
      `reject a picture with more pixels, width × height (default: ${maxPixels / 1e6} million)`,
      integer('--max-pixels', 1),
    )
    .option(
      '--decode-seconds <n>',
      `give up on a picture that takes longer to decode (default: ${decodeSeconds})`,
      integer('--decode-seconds', 1, mostDecodeSeconds),
    );
}

/** The limits of pictures among the flags that were given. */
export function givenLimits({ maxPixels, decodeSeconds }: PictureLimitOptions): GivenLimits {
  return {
    ...(maxPixels === undefined ? {} : { maxPixels }),
    ...(decodeSeconds === undefined ? {} : { decodeSeconds }),
  };
}

interface GivenLimits {
  readonly maxPixels?: number;
  readonly decodeSeconds?: number;
}

/** What `--strict` means, in every command that has it. */
export const strictHelp = 'fail if anything cannot be read, instead of skipping it';
