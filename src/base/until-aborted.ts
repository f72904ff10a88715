/**
 * What `promise` gives, unless `signal` is aborted before: then rejects with its reason at once, and nobody waits for
 * `promise` any more.
 */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => {
      // The caller's own reason, whatever it is.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(signal.reason);
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    const done = (): void => {
      signal.removeEventListener('abort', abort);
    };
    promise.then(resolve, reject).then(done, done);
  });
}

/**
 * The values of `source`, promises of a list awaited, until `signal` is aborted; then throws its reason, even while the next value
 * (a batch from a slow disk, the rest of an upload) is waited for and may never come.
 */
export async function* untilAborted<T>(
  source: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Awaited<T>, void, undefined> {
  const values = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isOver = false;
  let isWaiting = false;
  const next = async (): Promise<IteratorResult<T>> => {
    try {
      return await values.next();
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  try {
    for (;;) {
      signal?.throwIfAborted();
      isWaiting = true;
      const result = await orAborted(next(), signal);
      isWaiting = false;
      isOver = result.done === true;
      if (result.done === true) return;
      yield await result.value;
    }
  } finally {
    const ended = isOver ? undefined : Promise.resolve(values.return?.());
    // A generator that is being waited for ends only when it has what nobody wants any more.
    if (isWaiting) ended?.catch(() => undefined);
    else await ended;
  }
}
