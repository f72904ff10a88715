import { UsageError } from '../base/errors.ts';

/** Throws a `UsageError` unless `--mean` and `--std` gave a number for each channel, if they were given. */
export function requirePerChannel({
  channels,
  mean,
  std,
}: {
  readonly channels: number;
  readonly mean?: readonly number[] | undefined;
  readonly std?: readonly number[] | undefined;
}): void {
  for (const [flag, list] of Object.entries({ mean, std })) {
    if (list !== undefined && list.length !== channels) {
      throw new UsageError(`--${flag}: expected ${channels} numbers, one a channel, got ${list.length}`);
    }
  }
}
