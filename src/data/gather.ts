import { joinedBytes } from '../base/joined-bytes.ts';
import { described } from '../base/described.ts';
import { CardinalError, messageOf, UnreadableError } from '../base/errors.ts';
import { shortened } from '../base/quoted.ts';
import { orAborted } from '../base/until-aborted.ts';
import { isUint8Array, isWebStream, type ByteStream } from './picture-forms.ts';
import { mostFileBytes, type PictureLimits } from './picture-limits.ts';

/** A stream that does not end must not fill the memory: more is not taken in, whatever `maxPixels` is. */
const largestReceived = 2 ** 30;

/** What comes of a stream, and how its sender is told that no more is wanted, which must not wait for what comes next. */
interface Chunks {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  end(): void;
  cancel(): void;
}

function chunksOf(stream: ByteStream | AsyncIterable<unknown>): Chunks {
  if (isWebStream(stream)) {
    const reader = stream.getReader();
    return {
      next: () => reader.read(),
      end: () => reader.releaseLock?.(),
      cancel: () => void reader.cancel?.().catch(() => undefined),
    };
  }
  const iterator = stream[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    end: () => undefined,
    cancel: () => {
      // Node's stream, which would wait for its next part otherwise.
      const nodes = stream as { destroy?(): unknown };
      if (typeof nodes.destroy === 'function') nodes.destroy();
      else void iterator.return?.().catch(() => undefined);
    },
  };
}

/** Reads a stream of bytes to its end. Throws a `CardinalError` if it fails, or holds more than a picture may have. */
export async function gather(
  stream: ByteStream | AsyncIterable<unknown>,
  limits: PictureLimits,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let chunks: Chunks | undefined;
  try {
    chunks = chunksOf(stream);
    for (;;) {
      const { done, value: chunk } = await orAborted(chunks.next(), signal);
      if (done === true) break;
      if (!isUint8Array(chunk)) {
        throw new Error(`expected a stream of bytes, got ${described(chunk)} in it`);
      }
      length += chunk.length;
      requireSize(length, limits);
      // A copy: a stream may fill the same memory again.
      parts.push(new Uint8Array(chunk));
    }
    chunks.end();
  } catch (error) {
    chunks?.cancel();
    unreadable(error);
  }
  return joinedBytes(parts);
}

/** Throws an `UnreadableError` if the file of a picture is larger than limits allow. */
export function requireSize(bytes: number, limits: PictureLimits): void {
  const most = Math.min(largestReceived, mostFileBytes(limits));
  if (bytes > most) {
    throw new UnreadableError(
      `cannot read the picture: it has more than ${most} bytes, the most that a picture of maxPixels, ${limits.maxPixels}, is expected to have`,
    );
  }
}

/** Throws what made a picture unreadable, as an `UnreadableError` unless it says itself what it is. */
export function unreadable(error: unknown, name?: string): never {
  if (error instanceof CardinalError) throw error;
  throw new UnreadableError(`${cannotRead(name)}: ${shortened(messageOf(error), 500)}`, { cause: error });
}

/** How every error about a picture begins. */
export function cannotRead(name: string | undefined): string {
  return `cannot read the picture${name === undefined || name === '' ? '' : ` ${shortened(name, 300)}`}`;
}
