/**
 * What is waited for, unless `signal` is aborted first: then its reason is thrown at once, though what was waited for may never come.
 */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const give = (): void => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the signal was aborted with
      reject(signal.reason);
    };
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', give);
    });
  });
}

/** The items of `source`, until `signal` is aborted: then its reason is thrown, though the next one may never come. */
export async function* untilAborted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<Awaited<T>, void, undefined> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isOver = false;
  const next = async (): Promise<IteratorResult<T>> => {
    try {
      return await iterator.next();
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  try {
    for (;;) {
      const result = await unlessAborted(next(), signal);
      isOver = result.done === true;
      if (result.done === true) return;
      yield await result.value;
    }
  } finally {
    const returned = isOver ? undefined : Promise.resolve(iterator.return?.());
    // One that still waits for its next item returns only then.
    if (signal.aborted) returned?.catch(() => undefined);
    else await returned;
  }
}
