import type { FastifyInstance } from 'fastify';

import { CardinalError } from '../base/errors.ts';

/**
 * What the server answers with a status: `{ error: { code, message } }`. Anything else that is thrown is a 500 without
 * details. `message` goes to strangers: no paths in it.
 */
export class ServeError extends CardinalError {
  override readonly name = 'ServeError';
  /** HTTP status. */
  readonly status: number;
  /** For programs, `queue_full` say; the message is for people. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    { headers = {}, ...options }: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The one shape of errors. */
export interface ErrorAnswer {
  readonly error: { readonly code: string; readonly message: string };
}

export function errorAnswer({ code, message }: Pick<ServeError, 'code' | 'message'>): ErrorAnswer {
  return { error: { code, message } };
}

/** What an error is answered with. */
export type ErrorShape = (error: ServeError) => object;

const decorator = 'cardinalErrorShape';

/** Errors of `app` and below are answered so. */
export function setErrorShape(app: FastifyInstance, shape: ErrorShape): void {
  app.decorate(decorator, shape);
}

export function errorShapeOf(app: FastifyInstance): ErrorShape {
  return app.getDecorator<ErrorShape>(decorator);
}
