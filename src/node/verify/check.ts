import { CardinalError } from '../../base/errors.ts';
import { hasCode } from '../../base/file-errors.ts';

/** What became of a check: `doubtful` is no damage, but a person should look at it. */
export type CheckResult = 'ok' | 'doubtful' | 'damaged';

/** One file, or one side of it, that was looked at. */
export interface Check {
  /** Its path, as it was given or below what was given. */
  readonly file: string;
  /** What it is and holds, in words. */
  readonly what: string;
  readonly result: CheckResult;
  /** By what damage would be noticed; undefined if by nothing but its structure. */
  readonly checksum: 'SHA-256' | 'CRC-32' | undefined;
  /** What is wrong, or why there is no checksum: a line each. */
  readonly notes: readonly string[];
}

/** Files that were verified. */
export interface Verification {
  readonly checks: readonly Check[];
  /** Checks that found damage. */
  readonly damaged: number;
}

export function verificationOf(checks: readonly Check[]): Verification {
  return { checks, damaged: checks.filter(({ result }) => result === 'damaged').length };
}

/** A check that fails by what `work` throws. Throws on what is no fault of the file: that it cannot be opened, for example. */
export async function checked(
  file: string,
  what: string,
  work: () => Promise<Omit<Check, 'file'>>,
): Promise<Check> {
  try {
    return { file, ...(await work()) };
  } catch (error) {
    const message = faultOf(error);
    return { file, what, result: 'damaged', checksum: undefined, notes: [message] };
  }
}

/** The fault of a file that an error reports. Throws on errors that are no fault of the file. */
export function faultOf(error: unknown): string {
  const isFault =
    error instanceof CardinalError && (error.cause === undefined || hasCode(error.cause, 'EIO'));
  if (!isFault) throw error;
  return error.message;
}

/** What is not in the file, and why. */
export const unsummed = {
  safetensors: 'no digest: written by another program or an earlier version',
  pytorch: 'no CRC-32: PyTorch was set to write none',
  'pytorch-legacy': 'no checksum: this format has none',
  json: 'no checksum: its fields were checked',
} as const;
