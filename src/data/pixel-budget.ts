import type { Timed } from './in-time.ts';

/**
 * Keeps large pictures from being decoded at once: together they may have so many pixels as one alone may have. So a server's
 * worst case is one picture's memory, and not that of as many as come. Small ones do not notice.
 */
export class PixelBudget {
  readonly #waiting: { readonly pixels: number; readonly most: number; readonly begin: () => void }[] = [];
  #pixels = 0;

  /** Does the work when there is room for its pixels among `most`, those before it first. */
  async take<T>(pixels: number, most: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((begin) => {
      this.#waiting.push({ pixels, most, begin });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#pixels -= pixels;
      this.#next();
    }
  }

  /** Decodes a picture of so many pixels when there is room. What is given up goes on to its end, and keeps its share until then. */
  decode<T>(pixels: number, most: number, timed: Timed, work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.take(pixels, most, async () => {
      const decoding = work();
      resolve(timed(() => decoding));
      await decoding;
    }).catch(reject);
    return promise;
  }

  #next(): void {
    for (;;) {
      const first = this.#waiting.at(0);
      // One alone always fits.
      if (first === undefined || (this.#pixels > 0 && this.#pixels + first.pixels > first.most)) return;
      this.#waiting.shift();
      this.#pixels += first.pixels;
      first.begin();
    }
  }
}
