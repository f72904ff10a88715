import { tell } from '../../output/print.ts';
import type { Settings } from '../settings.ts';
import { untilStopped } from '../until-stopped.ts';
import { addUp } from './add-up.ts';
import { memberStarter } from './member.ts';
import { Processes } from './processes.ts';

/** Keeps the processes that serve, and answers signals for them. */
export async function serveInProcesses({ flags }: Settings): Promise<void> {
  const processes: Processes = new Processes(flags.processes, {
    start: memberStarter({ metrics: async () => addUp(await processes.samples()) }),
    say: tell,
  });
  const lines = await processes.begin();
  if (lines === undefined) {
    process.exitCode = await processes.over;
    return;
  }
  tell(lines, `  ${flags.processes} processes, of which this one starts the others: ${process.pid}`);
  await untilStopped(
    {
      reload: () => processes.reload(),
      stop: async () => {
        processes.stop('SIGTERM');
        await processes.over;
      },
      kill: () => {
        processes.kill();
      },
      over: processes.over,
    },
    flags,
  );
}
