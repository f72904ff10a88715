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
 * The values of `source` until `signal` is aborted; then throws its reason, even while the next value, a batch from a slow disk
 * say, is waited for.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const values = source[Symbol.asyncIterator]();
  let waiting = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      waiting = true;
      const next = await orAborted(values.next(), signal);
      waiting = false;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    const ended = values.return?.();
    // A generator that is being waited for ends only when it has what nobody wants any more.
    if (waiting) ended?.catch(() => undefined);
    else await ended;
  }
}
