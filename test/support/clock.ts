import type { Clock } from '../../src/use/batch/clock.ts';

/** A clock that stands still until it is told. */
export function standingClock(): {
  readonly clock: Clock;
  /** So many milliseconds pass, and what was to happen meanwhile happens. */
  readonly pass: (milliseconds: number) => void;
  /** How many wait for a time to come. */
  readonly waiting: () => number;
} {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly then: () => void }>();
  return {
    clock: {
      now: () => now,
      after: (milliseconds, then) => {
        const timer = { at: now + milliseconds, then };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    pass: (milliseconds) => {
      now += milliseconds;
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer);
        timer.then();
      }
    },
    waiting: () => timers.size,
  };
}
