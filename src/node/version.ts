import { VERSION } from '../base/version.ts';

/** Cardinal's version. */
export function version(): string {
  return VERSION;
}
