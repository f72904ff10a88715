import { CardinalError } from '../../base/errors.ts';

/** Ends a process with a code of its own. */
class EndingError extends CardinalError {
  readonly exitCode: number;

  constructor(
    message: string,
    { exitCode = 1, ...options }: ErrorOptions & { readonly exitCode?: number } = {},
  ) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The ranks have found out together that they cannot go on: each has this error, so one of them says it. All end with its code. */
export class AgreedError extends EndingError {
  override readonly name = 'AgreedError';
}

/** Other ranks are gone or late. Of those that wait for them, each has such an error. */
export class RankLostError extends CardinalError {
  override readonly name = 'RankLostError';
  readonly ranks: readonly number[];
  /** The one of the waiting ranks that says it. */
  readonly speaker: number;

  constructor(message: string, ranks: readonly number[], speaker: number) {
    super(message);
    this.ranks = ranks;
    this.speaker = speaker;
  }
}

/** Another rank says what happened: this one ends with an exit code and without a word. */
export class SaidElsewhereError extends EndingError {
  override readonly name = 'SaidElsewhereError';
}
