import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from '../../hub/settings.ts';

/** Where data is kept that can be had again: `CARDINAL_CACHE`, else `cardinal-nn` in the user's cache folder. */
export function cacheFolder(env: Environment = process.env): string {
  const { CARDINAL_CACHE: own, XDG_CACHE_HOME: users, HOME: home = homedir() } = env;
  if (own !== undefined && own !== '') return resolve(own);
  return join(users !== undefined && users !== '' ? users : join(home, '.cache'), 'cardinal-nn');
}
