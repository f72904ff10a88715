const PAGE = 65_536;
/** A memory of more pages cannot be addressed. */
const MOST_PAGES = 65_536;

/** A memory may be this many times as large as what it is used for again. */
const SLACK = 2;

/**
 * Memories for programs, which are used again by size. An engine frees a WebAssembly memory when its garbage collector comes round
 * on every thread that has seen it, and a browser lets a page have few at a time: Chromium 124. Programs come and go faster.
 *
 * What is kept idle is bounded in bytes, and the longest unused goes first. The last stays, however large: threads that sleep collect
 * no garbage, so a large program that is loaded again and again would take new memory each time. Where nothing is to be kept, each
 * memory is new.
 */
export class MemoryPool {
  readonly #keepBytes: number;
  readonly #allocate: (pages: number) => WebAssembly.Memory;
  /** Those that nobody uses, the longest unused first. */
  readonly #idle: WebAssembly.Memory[] = [];
  /** By memory, the bytes from its beginning that programs may have written. */
  readonly #written = new WeakMap<WebAssembly.Memory, number>();

  constructor(keepBytes: number, allocate: (pages: number) => WebAssembly.Memory) {
    this.#keepBytes = keepBytes;
    this.#allocate = allocate;
  }

  /** A memory of at least so many bytes, all of them 0. Throws what the engine does if there is none. */
  take(bytes: number): WebAssembly.Memory {
    const memory = this.#reuse(bytes, SLACK * roomyPages(bytes) * PAGE) ?? this.#obtain(bytes);
    const written = this.#written.get(memory) ?? 0;
    new Uint8Array(memory.buffer, 0, written).fill(0);
    this.#written.set(memory, Math.max(written, bytes));
    return memory;
  }

  /** Takes a memory back, which no thread may use any more. */
  give(memory: WebAssembly.Memory): void {
    if (this.#keepBytes === 0) return;
    this.#idle.push(memory);
    let total = this.#idle.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    while (total > this.#keepBytes && this.#idle.length > 1) {
      total -= this.#idle.shift()?.buffer.byteLength ?? 0;
    }
  }

  /** Leaves all idle memories to the garbage collector. */
  empty(): void {
    this.#idle.length = 0;
  }

  #obtain(bytes: number): WebAssembly.Memory {
    try {
      return this.#allocate(this.#keepBytes > 0 ? roomyPages(bytes) : pagesOf(bytes));
    } catch {
      const large = this.#reuse(bytes, Infinity);
      if (large !== undefined) return large;
      // Engines collect garbage before they refuse a memory: now there is more of it.
      this.empty();
      return this.#allocate(pagesOf(bytes));
    }
  }

  /** The smallest idle memory that has `bytes`, and no more than `most`. */
  #reuse(bytes: number, most: number): WebAssembly.Memory | undefined {
    const size = (index: number): number => this.#idle[index].buffer.byteLength;
    let best = -1;
    for (let index = 0; index < this.#idle.length; index++) {
      const fits = size(index) >= bytes && size(index) <= most;
      if (fits && (best < 0 || size(index) < size(best))) best = index;
    }
    return best < 0 ? undefined : this.#idle.splice(best, 1)[0];
  }
}

function pagesOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / PAGE));
}

/**
 * Up to a quarter more, in steps of a few sizes to each power of two, so that programs of about the same size can follow each
 * other. Memory that nobody touches takes addresses alone.
 */
function roomyPages(bytes: number): number {
  const pages = pagesOf(bytes);
  const step = 2 ** Math.max(0, Math.floor(Math.log2(pages)) - 2);
  return Math.min(MOST_PAGES, Math.ceil(pages / step) * step);
}
