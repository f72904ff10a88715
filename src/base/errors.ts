import { visible } from './quoted.ts';

/**
 * An error that a person can act on: one line with what was expected, what came, and where. The command line prints
 * only `message` and exits with 1; anything else that is thrown is a bug in Cardinal. Names and messages of strangers
 * may stand in `message`: it is `visible`, safe to be logged and printed.
 */
export class CardinalError extends Error {
  override readonly name: string = 'CardinalError';

  constructor(message = '', options?: ErrorOptions) {
    // Plain JavaScript may give anything.
    const given: unknown = message;
    super(visible(String(given)), options);
  }
}

/** An invalid command, option or argument. The command line exits with 2. */
export class UsageError extends CardinalError {
  override readonly name: string = 'UsageError';
}

/** Something was used after `dispose`, or was still waiting when it was disposed of. The same on every backend. */
export class DisposedError extends CardinalError {
  override readonly name: string = 'DisposedError';
}

/**
 * The device that computes has gone away, with all that its programs held: a GPU that was reset, a thread that ended.
 * Its backend cannot be used any more; create another. What was saved before is intact.
 */
export class DeviceLostError extends CardinalError {
  override readonly name: string = 'DeviceLostError';
}

/** The machine has run out of something, open files or memory: no fault of the file that could not be read just then. */
export class ShortageError extends CardinalError {
  override readonly name: string = 'ShortageError';
}

/** A picture cannot be decoded: it is damaged, none at all, or takes more than limits allow. */
export class UnreadableError extends CardinalError {
  override readonly name = 'UnreadableError';
}

/** Another process has the folder, or may have it. */
export class InUseError extends CardinalError {
  override readonly name = 'InUseError';
}

/** The folder was this process's and is another's now. */
export class LockLostError extends CardinalError {
  override readonly name = 'LockLostError';
}

/** As many calls wait as may. A server answers 429 with `Retry-After`. */
export class QueueFullError extends CardinalError {
  override readonly name = 'QueueFullError';
  /** Seconds until there should be room, by the pace so far. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** For `catch`, where what cannot be read is passed over: not if nothing could be, because the machine has run out of something. */
export function passOver<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof ShortageError) throw error;
    return instead;
  };
}

/** The message of whatever was thrown: `catch` may receive anything. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
