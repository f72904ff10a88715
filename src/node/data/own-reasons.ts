import { DeviceLostError, UnreadableError } from '../../base/errors.ts';
import { Turns } from '../../base/turns.ts';
import { isTooLate } from '../../data/in-time.ts';

/** Times that a picture is decoded, at most, until what is said of it is taken for its own. */
const mostTries = 3;

/**
 * Sees to it that pictures which cannot be read are told their own reasons: libvips has one list of messages for all threads of a process, so
 * where two pictures fail at once each may be told the other's. One that fails beside others is decoded again, apart from others that
 * are; and once more if another fails meanwhile.
 */
export class OwnReasons {
  readonly #again = new Turns('what decodes pictures', { atOnce: 1 });
  #running = 0;
  #begun = 0;
  #failed = 0;

  /** What `decode` gives. Throws what it throws; the reason of `signal` if that is aborted before it is decoded again. */
  async of<T>(decode: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const first = await this.#attempt(decode);
    if (!('error' in first)) return first.value;
    if (first.isOwn || !isOfDecoder(first.error)) throw first.error;
    return this.#again.take(async () => {
      for (let tries = 2; ; tries++) {
        signal.throwIfAborted();
        const failed = this.#failed;
        const next = await this.#attempt(decode);
        if (!('error' in next)) return next.value;
        if (tries >= mostTries || next.isOwn || this.#failed === failed + 1) throw next.error;
      }
    });
  }

  /** An error is its `own` if no other picture was decoded beside it. */
  async #attempt<T>(
    decode: () => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly error: unknown; readonly isOwn: boolean }> {
    const isFirst = this.#running++ === 0;
    const begun = ++this.#begun;
    try {
      return { value: await decode() };
    } catch (error) {
      this.#failed++;
      return { error, isOwn: isFirst && this.#begun === begun };
    } finally {
      this.#running--;
    }
  }
}

/** What took too long would take as long again, and what ended threads would end more. */
function isOfDecoder(error: unknown): boolean {
  if (!(error instanceof UnreadableError) || error.cause instanceof DeviceLostError) return false;
  return !isTooLate(error.message);
}
