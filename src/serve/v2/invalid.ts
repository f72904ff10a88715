import { ServeError } from '../errors.ts';

/** A request that the protocol does not allow, or that does not fit the model. */
export function invalid(message: string): ServeError {
  return new ServeError(400, 'invalid_request', message);
}
