import { CardinalError } from '../../base/errors.ts';

/** The id of the section of imports, and the kinds of what is imported, as in the binary format of the specification. */
const IMPORTS = 2;
const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];
/** Flags of limits: there is a maximum; threads may share the memory. */
const [BOUNDED, SHARED] = [1, 2];

/**
 * The kernels for memory that is not shared, where an engine has no other. AssemblyScript writes down for which of the two a module
 * is (`--sharedMemory`), and nothing else of it depends on that: one flag of the memory's import. Atomic instructions are valid on
 * either. So one file serves both.
 * @throws {CardinalError} if the binary imports no shared memory.
 */
export function unsharedKernels(binary: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(binary);
  const flags = sharedMemoryFlags(new BinaryReader(copy));
  if (flags === undefined) throw new CardinalError('the kernels import no shared memory; build them again');
  copy[flags] &= ~SHARED;
  return copy;
}

/** The place of the flags of the shared memory that a module imports. */
function sharedMemoryFlags(reader: BinaryReader): number | undefined {
  reader.skip(8); // Magic number and version.
  while (!reader.done) {
    const section = reader.byte();
    const size = reader.number();
    if (section !== IMPORTS) {
      reader.skip(size);
      continue;
    }
    for (let left = reader.number(); left > 0; left--) {
      reader.skip(reader.number()); // The name of a module,
      reader.skip(reader.number()); // and that of its export.
      const kind = reader.byte();
      if (kind === TABLE || kind === MEMORY) {
        if (kind === TABLE) reader.byte();
        const place = reader.at;
        const flags = reader.byte();
        if (kind === MEMORY && (flags & SHARED) !== 0) return place;
        reader.number();
        if ((flags & BOUNDED) !== 0) reader.number();
      } else if (kind === GLOBAL) reader.skip(2);
      else if (kind === FUNCTION) reader.number();
      else throw new CardinalError(`the kernels import something of the unknown kind ${kind}`);
    }
    return undefined;
  }
  return undefined;
}

/** Reads a module from its beginning. */
class BinaryReader {
  readonly #binary: Uint8Array;
  #at = 0;

  constructor(binary: Uint8Array) {
    this.#binary = binary;
  }

  get at(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.#binary.length;
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }

  byte(): number {
    if (this.done) throw new CardinalError('the file of the kernels ends too early; build them again');
    return this.#binary[this.#at++];
  }

  /** An unsigned number in LEB128: seven bits to a byte, the lowest first; the highest bit says that more follow. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }
}
