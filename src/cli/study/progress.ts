import { pc } from '../output/colours.ts';
import { duration, percent } from '../../report/format.ts';
import type { Outcome } from '../../study/outcome.ts';
import type { PlannedRun } from '../../study/plan.ts';
import type { TrainEvent } from '../../train/events.ts';
import { newBar } from '../output/bar.ts';
import { inFlags } from '../output/in-flags.ts';
import { writeLines } from '../output/lines.ts';
import { wrapped } from '../output/print.ts';
import { transientLine } from '../output/transient.ts';

/** A run of the study with the seconds that it is expected to take. */
export interface ExpectedRun {
  readonly run: PlannedRun;
  readonly seconds: number;
}

/** Shows the progress of a study: one bar over all runs on a terminal, a line for each run elsewhere. */
export interface StudyView {
  start(run: PlannedRun): void;
  event(event: TrainEvent): void;
  finish(outcome: Outcome): void;
  /** Shows what is being done. On a terminal the next output replaces it. */
  say(text: string): void;
  stop(): void;
}

/** `todo` are the runs that are still to be done, `done` those that are. */
export function studyView(
  todo: readonly ExpectedRun[],
  done: readonly ExpectedRun[],
  result: (outcome: Outcome) => string,
  stream: NodeJS.WriteStream = process.stderr,
): StudyView {
  const clock = new StudyClock(todo, done);
  const total = todo.length + done.length;
  const bar = stream.isTTY ? newBar(stream, '{run} {bar} {state}  {left} left') : undefined;
  let current: PlannedRun | undefined;
  let number = done.length;
  let state = '';
  let writtenAt = performance.now();
  const payload = (): Record<string, string> => ({
    run: `run ${number}/${total} ${current?.arm.label ?? ''} seed ${current?.seed ?? 0}`,
    state,
    left: duration(clock.secondsLeft()),
  });
  const notice = bar === undefined ? undefined : transientLine(stream);
  const stop = (): void => {
    if (bar?.isActive === true) bar.stop();
    notice?.clear();
  };
  const write = (line: string): void => {
    stop();
    writeLines(stream, wrapped(line, stream));
    writtenAt = performance.now();
  };
  const draw = (): void => {
    if (bar === undefined || notice?.isShown === true) return;
    if (!bar.isActive) bar.start(1000, 0, payload());
    bar.update(Math.round(1000 * clock.share()), payload());
  };
  return {
    start(run) {
      current = run;
      number++;
      state = '';
      draw();
    },
    event(event) {
      if (event.type === 'warning') {
        write(`${bar === undefined ? 'warning:' : pc.yellow('warning:')} ${inFlags(event.message)}`);
      } else if (event.type === 'step') {
        clock.progress(event.step / event.totalSteps);
        state = `epoch ${event.epoch + 1}/${Math.round(event.totalSteps / event.stepsPerEpoch)} loss ${event.meanLoss.toFixed(2)}`;
        if (bar === undefined && performance.now() - writtenAt > quiet) {
          const { run, left } = payload();
          write(`${run}: ${state}, ${percent(clock.share(), 0)} of the study, ${left} left`);
        }
      }
      draw();
    },
    finish(outcome) {
      clock.finishRun();
      write(
        `run ${number}/${total}   ${current?.arm.label} seed ${outcome.seed}   ${result(outcome)}   ${duration(outcome.seconds)}   ${percent(clock.share(), 0)} of the study`,
      );
    },
    say(text) {
      if (notice === undefined) {
        write(text);
      } else {
        stop();
        notice.show(text);
      }
    },
    stop,
  };
}

/** In a log file a run that takes long says so every half minute. */
const quiet = 30_000;

/** How far the study is, in expected seconds, and how long the rest takes at the pace so far. */
export class StudyClock {
  readonly #expected: readonly number[];
  /** Of the runs that were done before. */
  readonly #before: number;
  /** Of the runs that are to be done. */
  readonly #total: number;
  readonly #now: () => number;
  readonly #startedAt: number;
  #finished = 0;
  #within = 0;

  constructor(
    todo: readonly { readonly seconds: number }[],
    before: readonly { readonly seconds: number }[] = [],
    now: () => number = () => performance.now() / 1000,
  ) {
    this.#expected = todo.map(({ seconds }) => seconds);
    this.#before = sumOf(before);
    this.#total = sumOf(todo);
    this.#now = now;
    this.#startedAt = now();
  }

  /** The share of the current run that is done. */
  progress(share: number): void {
    this.#within = Math.min(1, share);
  }

  finishRun(): void {
    this.#finished++;
    this.#within = 0;
  }

  /** Of the expected work of the whole study, runs that were done before included; 1 when all are done. */
  share(): number {
    if (this.#finished >= this.#expected.length) return 1;
    const whole = this.#before + this.#total;
    return whole === 0 ? 0 : Math.min(1, (this.#before + this.#done()) / whole);
  }

  secondsLeft(): number {
    const done = this.#done();
    const rest = this.#total - done;
    // The measured step is all that is known at first; then what the runs really took counts.
    const pace = done < 0.02 * this.#total ? 1 : (this.#now() - this.#startedAt) / done;
    return rest * pace;
  }

  #done(): number {
    const before = this.#expected.slice(0, this.#finished).reduce((sum, seconds) => sum + seconds, 0);
    return before + this.#within * (this.#expected[this.#finished] ?? 0);
  }
}

function sumOf(runs: readonly { readonly seconds: number }[]): number {
  return runs.reduce((sum, { seconds }) => sum + seconds, 0);
}
