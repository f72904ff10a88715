import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLockName } from '../../run/folder/lock.ts';
import { ownIdentity } from './identity.ts';
import { judge } from './judge.ts';
import { kernelLocks } from './kernel.ts';

/** Whether some process has a folder, as far as one look can tell: of another machine's it is believed. False if there is no such folder. */
export async function isInUse(folder: string): Promise<boolean> {
  const names = (await readdir(folder).catch(() => [])).filter(isLockName);
  if (names.length === 0) return false;
  const self = { identity: ownIdentity(), kernel: await kernelLocks() };
  return names.some((name) => {
    const verdict = judge(join(folder, name), name, self)?.verdict;
    return verdict !== undefined && verdict !== 'dead';
  });
}
