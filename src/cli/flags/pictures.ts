import type { Command } from 'commander';
import {
  defaultPictureLimits,
  mostDecodeSeconds,
  type PictureLimitOptions,
} from '../../data/picture-limits.ts';
import { integer } from './values.ts';

/** Adds the flags of every command that reads pictures, `PictureLimitOptions`. */
export function withPictureFlags(command: Command): Command {
  const { maxPixels, decodeSeconds } = defaultPictureLimits;
  return command
    .option(
      '--max-pixels <n>',
      `refuse a picture with more, width × height (${maxPixels / 1e6} million)`,
      integer('--max-pixels', 1),
    )
    .option(
      '--decode-seconds <n>',
      `give up on a picture that takes longer to decode (${decodeSeconds})`,
      integer('--decode-seconds', 1, mostDecodeSeconds),
    );
}

/** Of some flags the limits of pictures that were given. */
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
export const strictHelp = 'refuse what cannot be read, instead of leaving it out';
