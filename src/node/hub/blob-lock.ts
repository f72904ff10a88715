import { mkdir } from 'node:fs/promises';
import { withUndo } from '../../base/endings.ts';
import { fileError } from '../../base/file-errors.ts';
import { InUseError } from '../../base/errors.ts';
import type { Lock } from '../../run/folder/lock.ts';
import { lockFolder } from '../lock/lock.ts';
import type { HubTiming } from '../../hub/timing.ts';

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
      return await withUndo(async (undo) => {
        const lock = await lockFolder(folder, { what: 'download folder', heartbeat: 'timer', signal });
        undo.add(() => lock.release());
        if (!(await isDone())) return lock;
        await lock.release();
        return 'done';
      });
    } catch (error) {
      if (!(error instanceof InUseError)) throw error;
    }
    if (await isDone()) return 'done';
    const measured = await measure();
    still = measured === last ? still : 0;
    last = measured;
    if (still >= timing.patience) return 'stuck';
    // Whoever has it may only be looking whether there is anything to do: that means nothing yet.
    if (round === 4) onWait();
    still += timing.poll;
    await timing.sleep(timing.poll, signal).catch(() => undefined);
  }
}
