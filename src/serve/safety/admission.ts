import { ServeError } from '../errors.ts';
import type { ServeLimits } from '../limits.ts';

/** What one request holds. */
export interface Place {
  /** More pictures of the same request. Throws a `ServeError` 429 if there is no place for them. */
  add(pictures: number): void;
  /** How many bytes it holds from now on. Throws a `ServeError` 429 if there is no room for more. */
  hold(bytes: number): void;
  /** Gives everything back. May be called again. */
  leave(): void;
}

/**
 * The places of pictures that are accepted and not answered, and the room for their bytes. A request takes its place before its body
 * is read, so that what waits is bounded however many ask; without one it is refused, and told when to come again.
 */
export class Admission {
  readonly #limits: Pick<ServeLimits, 'queue' | 'heldBytes'>;
  readonly #changed: (pictures: number, bytes: number) => void;
  #pictures = 0;
  #bytes = 0;
  /** Milliseconds from one picture's end to the next one's, as long as some wait: a moving average. */
  #pace = 0;
  #busySince = 0;

  constructor(
    limits: Pick<ServeLimits, 'queue' | 'heldBytes'>,
    changed: (pictures: number, bytes: number) => void = () => undefined,
  ) {
    this.#limits = limits;
    this.#changed = changed;
  }

  get pictures(): number {
    return this.#pictures;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A place for one picture, and room for `bytes`. Throws a `ServeError` 429 if there is none. */
  open(bytes: number): Place {
    this.#require(1, bytes);
    let held = { pictures: 1, bytes };
    this.#change(1, bytes);
    const become = (next: typeof held): void => {
      this.#require(next.pictures - held.pictures, next.bytes - held.bytes);
      this.#change(next.pictures - held.pictures, next.bytes - held.bytes);
      held = next;
    };
    return {
      add: (pictures) => {
        become({ ...held, pictures: held.pictures + pictures });
      },
      hold: (now) => {
        become({ ...held, bytes: now });
      },
      leave: () => {
        this.#finished(held.pictures);
        become({ pictures: 0, bytes: 0 });
      },
    };
  }

  /** Whole seconds after which what waits now is likely to be answered. */
  get retryAfter(): number {
    return Math.min(mostSeconds, Math.max(1, Math.ceil((this.#pace * this.#pictures) / 1000)));
  }

  /** Why there is no place for so much more; undefined if there is one. */
  refusal(pictures: number, bytes: number): ServeError | undefined {
    const { queue, heldBytes } = this.#limits;
    const isFull = pictures > 0 && this.#pictures + pictures > queue;
    if (!isFull && (bytes <= 0 || this.#bytes + bytes <= heldBytes)) return undefined;
    return queueFulls[this.retryAfter - 1];
  }

  #require(pictures: number, bytes: number): void {
    const refusal = this.refusal(pictures, bytes);
    if (refusal !== undefined) throw refusal;
  }

  #change(pictures: number, bytes: number): void {
    if (this.#pictures === 0 && pictures > 0) this.#busySince = performance.now();
    this.#pictures += pictures;
    this.#bytes += bytes;
    this.#changed(this.#pictures, this.#bytes);
  }

  #finished(pictures: number): void {
    if (pictures === 0) return;
    const now = performance.now();
    const each = (now - this.#busySince) / pictures;
    this.#pace = this.#pace === 0 ? each : 0.8 * this.#pace + 0.2 * each;
    this.#busySince = now;
  }
}

/** The longest that anybody is told to wait. */
const mostSeconds = 60;

/**
 * By the seconds to wait, from 1: an error takes long to make, for its stack, and under a heavy load most requests get this one. All are made
 * at once, since a stack that nobody reads keeps alive what was at work: a server with its models.
 */
const queueFulls = Array.from({ length: mostSeconds }, (_, index) => {
  const seconds = index + 1;
  return new ServeError(
    429,
    'queue_full',
    `the server has as many pictures as it takes; try again in ${seconds} s`,
    { headers: { 'retry-after': String(seconds) } },
  );
});
