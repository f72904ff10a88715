import { onInterrupt, onReload } from '../process/interrupt.ts';
import { tell } from '../output/print.ts';
import type { ServeFlags } from './settings.ts';

/** Something that answers requests. */
export interface Running {
  /** Loads all weights again, and says what came of it; rejects if some cannot be, and the old ones stay in service. */
  reload(): Promise<void>;
  /** Finishes what was accepted, and resolves when all is over. */
  stop(): Promise<void>;
  /** Ends what would outlive this process, at once. */
  kill?(): void;
  /** Resolves with an exit code if it ends by itself. */
  readonly over?: Promise<number>;
}

/** Seconds after the grace period for the batch that is being computed and for answers on their way. */
const beyondGrace = 2.5;

/** Answers signals until one of them has ended it, or it ended by itself; sets the exit code. `say` gets what a signal will do. */
export async function untilStopped(
  running: Running,
  { grace, drainDelay }: Pick<ServeFlags, 'grace' | 'drainDelay'>,
  say: (text: string) => void = tell,
): Promise<void> {
  const seconds = drainDelay + grace;
  const interrupt = onInterrupt(`finishing what was accepted, for at most ${seconds} s`, say);
  onReload(() => {
    // What came of it is told by whoever does it.
    running.reload().catch(() => undefined);
  });
  try {
    const asked = new Promise<undefined>((resolve) => {
      interrupt.signal.addEventListener('abort', () => {
        resolve(undefined);
      });
    });
    const code = await Promise.race([asked, ...(running.over === undefined ? [] : [running.over])]);
    if (code === undefined) {
      const late = setTimeout(
        () => {
          running.kill?.();
          tell(`${seconds} s are over: what was not finished is cut off`);
          process.exit(interrupt.exitCode);
        },
        (seconds + beyondGrace) * 1000,
      );
      try {
        await running.stop();
      } finally {
        clearTimeout(late);
      }
    }
    process.exitCode = code ?? interrupt.exitCode;
  } finally {
    onReload(undefined);
    interrupt.release();
  }
}
