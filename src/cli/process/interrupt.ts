import { hangUpIsIgnored, terminalWatch } from './hang-up.ts';

/** Signals that ask a process to end, with the exit codes that shells use for them; SIGBREAK is Windows's. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGBREAK: 149 } as const;
type Asking = keyof typeof exitCodes;
const asking = Object.keys(exitCodes) as readonly Asking[];

/** Milliseconds within which signals count as one: a terminal sends Ctrl-C to all foreground processes, and a parent may forward it. */
const oneWish = 500;

/** Thrown by work that a signal ended. The process ends with the signal's exit code. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;

  constructor(signal: Asking) {
    super(`interrupted by ${signal}`);
    this.exitCode = exitCodes[signal];
  }
}

/** Lets work save what it has when the process is asked to end. */
export interface Interrupt {
  /** Aborted, with an `Interruption`, by the first signal. */
  readonly signal: AbortSignal;
  /** The code to exit with; undefined unless a signal came. */
  readonly exitCode: number | undefined;
  /** Sets what is shown at a signal from now on: `stopping with a checkpoint`. */
  will(text: string): void;
  /** From now on signals end the process at once again. */
  release(): void;
  /** Ends the process with the signal's exit code, whatever a thread still does, once all that was printed is away. */
  exit(): Promise<never>;
}

interface Work {
  readonly controller: AbortController;
  readonly say: (text: string) => void;
  plan: string;
}

let work: Work | undefined;
let kept = false;
let first: number | undefined;
let reload: (() => void) | undefined;

/**
 * Handles the signals that ask a process to end. It ends at once, with the exit code that shells know, after `exit` listeners
 * removed what must not stay; or as `onInterrupt` says. The first process of a container needs such a handler, because the system
 * does not deliver unhandled signals to it. SIGHUP is ignored if the process was started so.
 */
export function answerSignals(): void {
  const deaf = hangUpIsIgnored();
  const terminal = terminalWatch();
  for (const name of asking) {
    process.on(name, () => {
      if (name !== 'SIGHUP') answer(name);
      else if (reload !== undefined && (deaf || !terminal.isGone())) reload();
      else if (!deaf) answer(name);
    });
  }
}

/**
 * From now on SIGHUP asks for `act`, as it does of services: to read files again. It still ends a process whose terminal was closed,
 * which nobody would find again. `undefined` undoes it.
 */
export function onReload(act: (() => void) | undefined): void {
  reload = act;
}

/** Whether a signal has asked this process to end. */
export function isAskedToEnd(): boolean {
  return first !== undefined;
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
  // Leaves a notice or ^C on its line, so that the shell's prompt starts on a new one.
  if (process.stderr.isTTY) process.stderr.write('\n');
  process.exit(exitCodes[name]);
}

/**
 * Turns the first signal into an abort, so that the work can end in good order; `say` announces that. A second signal, half a
 * second or more later, ends the process at once.
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
    async exit() {
      const streams = [process.stdout, process.stderr];
      // A reader that went away gets nothing more.
      await Promise.all(streams.map((stream) => new Promise((resolve) => stream.write('', resolve))));
      process.exit(this.exitCode);
    },
  };
}

/** Whether work has asked for interrupts: then a closed terminal must not end the process. */
export function keepsGoing(): boolean {
  return kept;
}
