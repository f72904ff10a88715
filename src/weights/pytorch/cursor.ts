import { CardinalError } from '../../base/errors.ts';

/** The bytes end before the pickle does. Who has only a part of the file reads on and tries again. */
export class EndOfPickle extends CardinalError {
  /** How many bytes would have gone on, at least. */
  readonly needed: number;
  constructor(message: string, needed: number) {
    super(message);
    this.needed = needed;
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The longest name of a module or class; honest ones have some dozens of characters. */
const maxLineBytes = 1000;

/** Walks through a pickle's bytes. Nothing is allocated for bytes that are not there. */
export class Cursor {
  /** What messages call the file. */
  readonly source: string;
  #position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, position: number, source: string) {
    this.source = source;
    this.#bytes = bytes;
    this.#position = position;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get position(): number {
    return this.#position;
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A length of 8 bytes; what is beyond exact numbers is beyond every file, too. */
  length64(): number {
    return Number(this.#view.getBigUint64(this.#advance(8), true));
  }

  /** Pickles have their floats big-endian. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const begin = this.#advance(length);
    return this.#bytes.subarray(begin, begin + length);
  }

  text(length: number): string {
    return utf8.decode(this.take(length));
  }

  /** Text up to the end of the line, without it. */
  line(): string {
    const rest = this.#bytes.subarray(this.#position, this.#position + maxLineBytes);
    const length = rest.indexOf(0x0a);
    if (length >= 0) return utf8.decode(this.take(length + 1).subarray(0, length));
    if (rest.length < maxLineBytes) this.#advance(rest.length + 1);
    throw new CardinalError(
      `${this.source}: the pickle is damaged: a name at byte ${this.#position} has more than ${maxLineBytes} characters`,
    );
  }

  #advance(length: number): number {
    const begin = this.#position;
    if (length > this.#bytes.length - begin) {
      throw new EndOfPickle(
        `${this.source}: the pickle is truncated or damaged: expected ${length} bytes from byte ${begin} on, it has ${this.#bytes.length} in all: get the file anew`,
        length - (this.#bytes.length - begin),
      );
    }
    this.#position += length;
    return begin;
  }
}
