/** The time, so that tests can have one of their own. */
export interface Clock {
  /** Milliseconds since whenever. */
  now(): number;
  /** Calls back once after so many milliseconds, unless it is cancelled before by what is returned. */
  after(milliseconds: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, then) => {
    const timer = setTimeout(then, milliseconds);
    return () => {
      clearTimeout(timer);
    };
  },
};
