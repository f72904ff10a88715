import { hangUpIsIgnored } from './hang-up.ts';

/** The signals by which a process is asked to end, with the exit codes that shells give for them; SIGBREAK is Windows's. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGBREAK: 149 } as const;
type Asking = keyof typeof exitCodes;
const asking = Object.keys(exitCodes) as readonly Asking[];

/** A terminal sends Ctrl-C to every process in front of it, and a parent may forward it again: that is one wish, not two. */
const oneWish = 500;

/** What work that a signal ended throws. The process ends with the signal's exit code. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;

  constructor(signal: Asking) {
    super(`interrupted by ${signal}`);
    this.exitCode = exitCodes[signal];
  }
}

/** Work that keeps what it has when it is asked to end. */
export interface Interrupt {
  /** Aborted, with an `Interruption`, by the first signal. */
  readonly signal: AbortSignal;
  /** The code to exit with; undefined unless a signal came. */
  readonly exitCode: number | undefined;
  /** What a signal does from now on, in words: `stopping with a checkpoint`. */
  will(text: string): void;
  /** Signals end the process at once again. */
  release(): void;
}

interface Work {
  readonly controller: AbortController;
  readonly say: (text: string) => void;
  plan: string;
}

let work: Work | undefined;
let kept = false;
let first: number | undefined;

/**
 * Answers the signals that ask a process to end, from now on: at once, with the code that shells know, after what must not
 * stay is removed (`exit` listeners do that); or by what `onInterrupt` says. A handler of its own is also what a process that is the first of
 * a container needs, which the system protects from signals that it does not handle. One that was told to ignore SIGHUP does.
 */
export function answerSignals(): void {
  const deaf = hangUpIsIgnored();
  for (const name of asking) {
    process.on(name, () => {
      if (name !== 'SIGHUP' || !deaf) answer(name);
    });
  }
}

function answer(name: Asking): void {
  const now = performance.now();
  if (first !== undefined) {
    if (now - first > oneWish) endNow(name);
    return;
  }
  first = now;
  if (work === undefined) {
    endNow(name);
    return;
  }
  work.say(`${work.plan} (again to stop at once)`);
  work.controller.abort(new Interruption(name));
}

function endNow(name: Asking): never {
  // What stands in a line of the terminal, a notice or ^C, stays there, and the shell's next prompt has one of its own.
  if (process.stderr.isTTY) process.stderr.write('\n');
  process.exit(exitCodes[name]);
}

/**
 * Turns the first signal into an abort: it asks the work to end in good order, which `say` tells. A second one, half a second or more
 * later, ends the process at once.
 */
export function onInterrupt(plan: string, say: (text: string) => void): Interrupt {
  const controller = new AbortController();
  const own: Work = { controller, say, plan };
  work = own;
  kept = true;
  const { signal } = controller;
  return {
    signal,
    get exitCode() {
      return signal.reason instanceof Interruption ? signal.reason.exitCode : undefined;
    },
    will(text) {
      own.plan = text;
    },
    release() {
      if (work === own) work = undefined;
    },
  };
}

/** Whether there has been work that goes on, or ends in good order, whoever listens: a closed terminal must not end it. */
export function keepsGoing(): boolean {
  return kept;
}
