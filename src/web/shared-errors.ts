import type * as errors from '../base/errors.ts';

/** Where a worker puts its classes of errors, for scripts that it loads on demand: what they throw is told apart by class. */
export const sharedErrors = Symbol.for('cardinal-nn.errors');

export interface SharingErrors {
  [sharedErrors]?: typeof errors;
}
