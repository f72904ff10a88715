import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** What a contender's process does. */
export interface Program {
  readonly version: string;
  run(): Promise<void>;
  /** Milliseconds that each part of the last run took, where parts are timed. */
  times?(): readonly number[];
  /** The numbers of the last run that others can be compared with. */
  results(): Promise<Float32Array>;
}

/** Answers the lines that `Contender` writes. */
export async function serve(program: Program): Promise<void> {
  const answer = (value: object): void => {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  answer({ ready: true, version: program.version });
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'run') {
      const before = performance.now();
      await program.run();
      const ms = performance.now() - before;
      answer({ ms, times: program.times?.(), peakBytes: await peakBytes() });
    } else if (line.startsWith('check ')) {
      await program.run();
      await writeFile(line.slice('check '.length), await program.results());
      answer({ checked: true });
    } else if (line === 'quit') {
      process.exit();
    }
  }
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

/** Numbers that are the same for every contender: whole, so that every library reads the same, and without a pattern. */
export function numbers(length: number, seed: number, scale: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((((i + seed * 101) * 7919) % 997) / 498 - 1) * scale);
}
