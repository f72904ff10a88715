/** Gives values on at the next frame, of several that come before it the last: the page changes once for each picture of it. */
export function atFrame<T>(take: (value: T) => void): (value: T) => void {
  let waiting: readonly T[] = [];
  return (value) => {
    if (waiting.length === 0) {
      requestAnimationFrame(() => {
        const [newest] = waiting;
        waiting = [];
        take(newest);
      });
    }
    waiting = [value];
  };
}
