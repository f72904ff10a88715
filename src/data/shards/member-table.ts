import { CardinalError } from '../../base/errors.ts';
import type { ShardIndex } from './shard-index.ts';

/** Members of an archive, as they are gathered. */
export class MemberTable {
  readonly #offsets = new Growing(8, (memory) => new Float64Array(memory));
  readonly #sizes = new Growing(4, (memory) => new Uint32Array(memory));
  readonly #labels = new Growing(4, (memory) => new Int32Array(memory));
  readonly #nameEnds = new Growing(4, (memory) => new Uint32Array(memory));
  readonly #names = new Growing(1, (memory) => new Uint8Array(memory));

  add(name: Uint8Array, offset: number, size: number, label: number): void {
    this.#offsets.push(offset);
    this.#sizes.push(size);
    this.#labels.push(label);
    this.#names.append(name);
    requireNames(this.#names.length);
    this.#nameEnds.push(this.#names.length);
  }

  done(): Pick<ShardIndex, 'members' | 'labels'> {
    return {
      labels: this.#labels.whole(),
      members: {
        offsets: this.#offsets.whole(),
        sizes: this.#sizes.whole(),
        names: this.#names.whole(),
        nameEnds: this.#nameEnds.whole(),
      },
    };
  }
}

/** Where names end is kept in 32 bits. */
export function requireNames(bytes: number): void {
  if (bytes >= 2 ** 32) throw new CardinalError('the names of the pictures take more than 4 GiB');
}

type Numbers = Float64Array | Uint32Array | Int32Array | Uint8Array;

/** An array that grows; numbers are kept as they are in memory, not as objects, and nothing is left behind when they are moved. */
class Growing<T extends Numbers> {
  length = 0;
  readonly #bytes: number;
  readonly #make: (memory: ArrayBuffer) => T;
  #memory: ArrayBuffer;
  #values: T;

  /** `bytes` of each number, and an array of them in some memory. */
  constructor(bytes: number, make: (memory: ArrayBuffer) => T) {
    this.#bytes = bytes;
    this.#make = make;
    this.#memory = new ArrayBuffer(1024 * bytes);
    this.#values = make(this.#memory);
  }

  push(value: number): void {
    this.#reserve(1);
    this.#values[this.length++] = value;
  }

  append(values: ArrayLike<number>): void {
    this.#reserve(values.length);
    this.#values.set(values, this.length);
    this.length += values.length;
  }

  /** What is there; asked for once. */
  whole(): T {
    return this.#make(this.#memory.transfer(this.length * this.#bytes));
  }

  #reserve(more: number): void {
    if (this.length + more <= this.#values.length) return;
    const length = Math.max(this.length + more, 2 * this.#values.length);
    this.#memory = this.#memory.transfer(length * this.#bytes);
    this.#values = this.#make(this.#memory);
  }
}
