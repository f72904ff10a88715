/** A file that is read here and there. */
export interface ByteRanges {
  /** What messages call it. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly so many bytes from `begin` on, which others may see too. Throws a `CardinalError` if they are not there. */
  read(begin: number, length: number): Promise<Uint8Array>;
}

/** What is read at a time where small members lie close together, and where large ones are passed over. */
const nearBytes = 2 ** 18;
const farBytes = 2 ** 13;
/** What of these lies before: the class of a sample is read once the next sample has begun. */
const behindBytes = 2 ** 12;

/** Reads little pieces of a file in their order with few questions to the disk. */
export class Window {
  readonly source: ByteRanges;
  #begin = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(source: ByteRanges) {
    this.source = source;
  }

  /** A view, valid until the next call; at once if it is at hand. Throws a `CardinalError` if the file ends before. */
  read(begin: number, length: number): Uint8Array | Promise<Uint8Array> {
    return this.#holds(begin, length) ? this.#view(begin, length) : this.#load(begin, length);
  }

  async #load(begin: number, length: number): Promise<Uint8Array> {
    // What was passed over is likely to come again: the next picture is as large as this one.
    const isFar = Math.abs(begin - this.#end) > farBytes;
    const from = isFar ? begin : Math.max(0, begin - behindBytes);
    const usual = Math.min(isFar ? farBytes : nearBytes, this.source.size - from);
    this.#bytes = await this.source.read(from, Math.max(begin + length - from, usual));
    this.#begin = from;
    return this.#view(begin, length);
  }

  get #end(): number {
    return this.#begin + this.#bytes.length;
  }

  #holds(begin: number, length: number): boolean {
    return begin >= this.#begin && begin + length <= this.#end;
  }

  #view(begin: number, length: number): Uint8Array {
    return this.#bytes.subarray(begin - this.#begin, begin - this.#begin + length);
  }
}
