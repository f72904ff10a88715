import { CardinalError } from '../base/errors.ts';

/**
 * What went wrong with the hub:
 * `absent` the repository has no such file, or the cache lacks it and nothing else may be asked;
 * `unknown` there is no such repository or revision; `denied` it is not ours to read;
 * `unreachable` no answer, or one that asks to try again later; `wrong` an answer that cannot be true.
 */
export type HubFault = 'absent' | 'unknown' | 'denied' | 'unreachable' | 'wrong';

export interface HubErrorDetails {
  readonly fault: HubFault;
  /** Whether the same request may well succeed a little later. */
  readonly transient?: boolean;
  /** How long the hub asked to be left alone, in milliseconds. */
  readonly retryAfter?: number | undefined;
  /** The commit that has no such file. */
  readonly commit?: string | undefined;
  readonly cause?: unknown;
}

export class HubError extends CardinalError {
  override readonly name = 'HubError';
  readonly details: HubErrorDetails;

  constructor(message: string, details: HubErrorDetails) {
    super(message, { cause: details.cause });
    this.details = details;
  }
}

/** The fault of whatever was thrown, if it was the hub's. */
export function faultOf(error: unknown): HubFault | undefined {
  return error instanceof HubError ? error.details.fault : undefined;
}
