const waiting = new Map<object, () => void>();
let isRunning = false;

/** Does work that takes some milliseconds in a task of its own, so that keys and scrolling come between; of one key only the newest is done. */
export function inTurn(key: object, work: () => void): void {
  waiting.set(key, work);
  if (!isRunning) void run();
}

/** What is waiting for a key is not done. */
export function outOfTurn(key: object): void {
  waiting.delete(key);
}

async function run(): Promise<void> {
  isRunning = true;
  while (waiting.size > 0) {
    await new Promise((resolve) => setTimeout(resolve));
    const first = waiting.entries().next();
    if (first.done === true) continue;
    const [key, work] = first.value;
    waiting.delete(key);
    try {
      work();
    } catch (error) {
      // The others are done all the same.
      reportError(error);
    }
  }
  isRunning = false;
}
