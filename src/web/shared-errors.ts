import type * as errors from '../base/errors.ts';

/** Where a worker puts its classes of errors, for scripts that it loads on demand: what they throw is told apart by class. */
export const sharedErrors = Symbol.for('cardinal-nn.errors');

/** All but what no script throws that is loaded on demand. */
export type LoaderErrors = Omit<typeof errors, 'QueueFullError' | 'UnreadableError'>;

export interface SharingErrors {
  [sharedErrors]?: LoaderErrors;
}
