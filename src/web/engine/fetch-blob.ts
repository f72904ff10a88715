import { CardinalError } from '../../base/errors.ts';
import { unreachable } from '../load-failure.ts';
import { allowBy, PolicyWatch, sourceOf } from '../policy.ts';

/** How much of a file has come. */
export interface LoadProgress {
  /** Bytes. */
  readonly received: number;
  /** Bytes of the whole file, if the server tells. */
  readonly total: number | undefined;
}

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** Progress is told this often at most, and at the end. */
const tellEveryMs = 50;

/**
 * Fetches a file as a blob, which a browser keeps on the disk where it is large. `what` is what errors call it: `the weights`. Throws a
 * `CardinalError` if it cannot be had, the reason of `signal` if it is aborted.
 */
export async function fetchBlob(
  url: string,
  what: string,
  { signal, onProgress }: FetchOptions = {},
): Promise<Blob> {
  const policy = new PolicyWatch();
  try {
    const response = await fetch(url, { signal: signal ?? null });
    if (!response.ok) {
        throw new CardinalError(`${what}, ${url}, were answered with ${response.status}: check the URL`);
      }
    const type = response.headers.get('content-type') ?? '';
    if (/^text\/html\b/i.test(type)) {
      throw new CardinalError(
        `${what}, ${url}, came as ${type}: the server answers with a page what it does not have`,
      );
    }
    if (onProgress === undefined || response.body === null) return await response.blob();
    const total = lengthOf(response);
    return await new Response(response.body.pipeThrough(counting(total, onProgress))).blob();
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof CardinalError) throw error;
    const refused = await policy.refused('connect-src');
    const why = refused === undefined ? unreachable(error) : allowBy('connect-src', sourceOf(url));
    throw new CardinalError(`${what}, ${url}, cannot be fetched: ${why}`, { cause: error });
  } finally {
    policy.close();
  }
}

/** What is compressed on its way is longer than it says. */
function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

function counting(
  total: number | undefined,
  onProgress: (progress: LoadProgress) => void,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let received = 0;
  let told = -Infinity;
  return new TransformStream({
    transform: (chunk, controller) => {
      received += chunk.length;
      controller.enqueue(chunk);
      if (performance.now() - told < tellEveryMs) return;
      told = performance.now();
      onProgress({ received, total });
    },
    flush: () => {
      onProgress({ received, total });
    },
  });
}
