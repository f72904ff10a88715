import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { fileError } from '../files.ts';
import { InUseError, lockFolder, type Lock } from '../lock.ts';
import type { HubTiming } from './timing.ts';

/**
 * Takes the right to download something, or waits until whoever has it is done.
 * `done` no need to: someone else finished it. `stuck` the other one does not get on: it may have been stopped, or be on
 * another machine that is gone.
 */
export async function lockDownload(
  folder: string,
  options: {
    readonly timing: HubTiming;
    readonly signal: AbortSignal | undefined;
    readonly isDone: () => Promise<boolean>;
    /** A number that changes while whoever downloads gets on. */
    readonly measure: () => Promise<number>;
    readonly onWait: () => void;
  },
): Promise<Lock | 'done' | 'stuck'> {
  const { timing, signal, isDone, measure, onWait } = options;
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileError('write', folder, error);
  });
  let last = -1;
  let still = 0;
  for (let round = 1; ; round++) {
    signal?.throwIfAborted();
    try {
      const lock = await lockFolder(folder);
      const done = await isDone().catch(async (error: unknown) => {
        await lock.release();
        throw error;
      });
      if (!done) return lock;
      await lock.release();
      return 'done';
    } catch (error) {
      if (!(error instanceof InUseError)) throw error;
    }
    if (await isDone()) return 'done';
    const measured = await measure();
    still = measured === last ? still : 0;
    last = measured;
    if (still >= timing.patience) return 'stuck';
    // Some that come at once refuse each other a few times: that says nothing yet.
    if (round === 4) onWait();
    // Not all at the same moment, or they go on refusing each other.
    const pause = timing.poll + randomInt(1 + Math.ceil(timing.poll));
    still += pause;
    await timing.sleep(pause, signal).catch(() => undefined);
  }
}
