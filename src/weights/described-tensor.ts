import type { Dtype } from './dtypes.ts';

/** What is known of a file's tensor before it is read. */
export interface Described {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}
