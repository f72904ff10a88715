/** Writes the few things that a pickle of a state dict is made of, in protocol 2, as `torch.save` does. */
export class PickleWriter {
  readonly #bytes: number[] = [0x80, 2];
  /** Names that were written, by the number under which the reader keeps them. */
  readonly #memo = new Map<string, number>();

  /** Opcodes without an argument. */
  op(...opcodes: readonly number[]): void {
    for (const opcode of opcodes) this.#bytes.push(opcode);
  }

  /** A class or function, at its first mention by name and then by number. */
  global(module: string, name: string): void {
    const key = `${module}\n${name}\n`;
    const index = this.#memo.get(key);
    if (index !== undefined) {
      this.#bytes.push(binget, index);
      return;
    }
    this.#bytes.push(global);
    for (const byte of encoder.encode(key)) this.#bytes.push(byte);
    this.#bytes.push(binput, this.#memo.size);
    this.#memo.set(key, this.#memo.size);
  }

  text(text: string): void {
    const bytes = encoder.encode(text);
    this.#bytes.push(binunicode);
    this.#little(bytes.length, 4);
    for (const byte of bytes) this.#bytes.push(byte);
  }

  /** An integer from 0 on. */
  count(value: number): void {
    if (value < 2 ** 31) {
      this.#bytes.push(binint);
      this.#little(value, 4);
    } else {
      this.#bytes.push(long1, 8);
      this.#little(value, 8);
    }
  }

  counts(values: readonly number[]): void {
    this.op(op.mark);
    for (const value of values) this.count(value);
    this.op(op.tuple);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }

  #little(value: number, bytes: number): void {
    for (let i = 0; i < bytes; i++) this.#bytes.push(Math.floor(value / 256 ** i) % 256);
  }
}

const encoder = new TextEncoder();

/** By the names that `pickletools` gives them. */
export const op = {
  mark: 0x28,
  tuple: 0x74,
  emptyTuple: 0x29,
  newFalse: 0x89,
  reduce: 0x52,
  persistentId: 0x51,
  setItems: 0x75,
  stop: 0x2e,
} as const;

const global = 0x63;
const binget = 0x68;
const binput = 0x71;
const binunicode = 0x58;
const binint = 0x4a;
const long1 = 0x8a;
