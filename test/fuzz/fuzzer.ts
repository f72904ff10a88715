import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentInput } from './current.ts';
import { noTally, type Fault, type Job, type Reply, type Tally } from './messages.ts';
import { memoryFor, secondsFor } from './target.ts';

const script = fileURLToPath(new URL('child.ts', import.meta.url));
/** Of what is being read, in milliseconds. */
const lookEvery = 100;
/** Without a step forward, whether it computes or waits. */
const longestWait = 120_000;
/** Resident bytes of a child that are never a file's. */
const childBytes = 512 * 2 ** 20;
const enough = 5;

export interface Found {
  readonly tally: Tally;
  readonly faults: readonly Fault[];
}

/**
 * Has damaged files read by another process and watches it from outside: one that crashes, does not come to an end or takes all
 * the memory is ended, and the file that did it is a fault like any other. After five faults of a target it is left.
 */
export class Fuzzer {
  readonly #folder = mkdtempSync(join(tmpdir(), 'cardinal-fuzzer-'));
  #child: ChildProcess | undefined;

  async run(job: Job): Promise<Found> {
    const faults: Fault[] = [];
    let tally = noTally;
    let next = job.from;
    const end = performance.now() + 1000 * (job.seconds ?? Infinity);
    while (next < job.to && faults.length < enough) {
      const seconds = job.seconds === undefined ? undefined : (end - performance.now()) / 1000;
      if (seconds !== undefined && seconds <= 0) break;
      const done = await this.#part({ ...job, from: next, seconds }, faults);
      tally = added(tally, done.tally);
      next = done.next;
      // It was ended by the clock, or has read its one file.
      if (done.isOver) break;
    }
    return { tally, faults };
  }

  dispose(): void {
    this.#child?.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Until the child is done, or must be ended. */
  #part(job: Job, faults: Fault[]): Promise<{ tally: Tally; next: number; isOver: boolean }> {
    const child = (this.#child ??= this.#start());
    return new Promise((resolve) => {
      const watch = watching(child, this.#currentPath);
      let why: string | undefined;
      const timer = setInterval(() => {
        why ??= watch();
        // Enough faults end it, too.
        if (why !== undefined || faults.length >= enough) child.kill('SIGKILL');
      }, lookEvery);
      const settle = (tally: Tally, next: number, isOver: boolean): void => {
        clearInterval(timer);
        child.off('message', onMessage).off('exit', onExit);
        resolve({ tally, next, isOver });
      };
      const onMessage = (reply: Reply): void => {
        if (reply.kind === 'done') settle(reply.tally, reply.next, true);
        else if (faults.length < enough) faults.push(reply.fault);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        this.#child = undefined;
        const current = currentInput(this.#currentPath);
        if (faults.length < enough) {
          const what = why ?? `the process ended with ${signal ?? `code ${code}`}`;
          const origin =
            current === undefined ? 'between two files' : `CARDINAL_SEED=${job.seed} #${current.index}`;
          faults.push({ target: job.target, what, origin, input: current?.bytes ?? new Uint8Array(0) });
        }
        // Behind the one that did it; if it was none of the job's own, there is no sense in another try.
        const isOver = current === undefined || current.index < job.from;
        settle(noTally, isOver ? job.to : current.index + 1, isOver);
      };
      child.on('message', onMessage).on('exit', onExit);
      child.send(job);
    });
  }

  #start(): ChildProcess {
    writeFileSync(this.#currentPath, '');
    return fork(script, [this.#currentPath], {
      execArgv: ['--expose-gc', '--max-old-space-size=512'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  get #currentPath(): string {
    return join(this.#folder, 'current');
  }
}

/** A function that tells, each time it is called, why a child must be ended; undefined while all is well. */
function watching({ pid }: ChildProcess, path: string): () => string | undefined {
  let seen: { readonly index: number; readonly processor: number; readonly at: number } | undefined;
  return () => {
    const current = currentInput(path);
    if (current === undefined) {
      seen = undefined;
      return undefined;
    }
    const { processor, resident } = usage(pid);
    if (seen?.index !== current.index) {
      seen = { index: current.index, processor, at: performance.now() };
    }
    const { length } = current.bytes;
    if (resident > childBytes + 2 * memoryFor(length)) {
      return `had ${resident} bytes of memory when it was ended, reading ${length} bytes`;
    }
    const seconds = processor - seen.processor;
    if (seconds > 2 * secondsFor(length)) return `did not come to an end in ${seconds.toFixed(1)} s of processor time`; // prettier-ignore
    if (performance.now() - seen.at > longestWait) return `did not come to an end in ${longestWait / 1000} s`;
    return undefined;
  };
}

const ticksPerSecond = 100;
const pageBytes = 4096;

/** Seconds of processor time and resident bytes of a process; 0 where there is no /proc. */
function usage(pid: number | undefined): { readonly processor: number; readonly resident: number } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it may hold blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      processor: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      resident: Number(fields[21]) * pageBytes,
    };
  } catch {
    return { processor: 0, resident: 0 };
  }
}

function added(a: Tally, b: Tally): Tally {
  return {
    early: a.early + b.early,
    refused: a.refused + b.refused,
    whole: a.whole + b.whole,
    kept: a.kept + b.kept,
    peak: Math.max(a.peak, b.peak),
    slowest: Math.max(a.slowest, b.slowest),
  };
}
