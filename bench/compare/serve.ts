import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Program } from './program.ts';

/** Answers the lines that `Contender` writes. A run of some milliseconds is repeated, and its time is their mean. */
export async function serve(program: Program, repeats = 1): Promise<void> {
  const answer = (value: object): void => {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  answer({ ready: true, version: program.version });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'run') {
      const before = performance.now();
      for (let repeat = 0; repeat < repeats; repeat++) await program.run();
      const own = (performance.now() - before) / repeats;
      const ms = program.ms?.();
      // What computes elsewhere has its memory elsewhere.
      const peak = ms === undefined ? await peakBytes() : undefined;
      answer({
        ...{ ms: ms ?? own, times: program.times?.(), peakBytes: peak },
        communication: program.communication?.(),
      });
    } else if (line.startsWith('check ')) {
      await program.run();
      await writeFile(line.slice('check '.length), await program.results());
      answer({ checked: true });
    } else if (line === 'quit') {
      break;
    }
  }
  // The bench that has ended says no quit either.
  await program.close?.();
  process.exit();
}

/**
 * The most memory that this process has had. Linux counts what the process that started it had into `maxRSS`, so it is asked
 * for this one's alone.
 */
async function peakBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const peak = /^VmHWM:\s*(\d+) kB/m.exec(status);
  return 1024 * (peak === null ? process.resourceUsage().maxRSS : Number(peak[1]));
}
