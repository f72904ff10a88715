/** Does one step of decoding and sees to it that it does not take for ever. */
export type Timed = <T>(step: () => Promise<T>) => Promise<T>;

/** Why a picture was given up, as the end of a sentence. */
export function tookTooLong(seconds: number): string {
  return `${late}${seconds} s (\`decodeSeconds\`)`;
}

/** Whether that is why, by what is said of a picture. */
export function isTooLate(reason: string): boolean {
  return reason.includes(late);
}

const late = 'decoding took longer than ';

/**
 * Steps that are given up after so many seconds: a native decoder cannot be ended from outside, so it goes on by itself, and who waits
 * for it does not. Throws an `Error` with the bare reason then.
 */
export function inTime(seconds: number): Timed {
  return async (step) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(tookTooLong(seconds)));
      }, seconds * 1000);
    });
    try {
      return await Promise.race([step(), timeout]);
    } finally {
      clearTimeout(timer);
    }
  };
}
