import { CardinalError } from '../../base/errors.ts';
import type { TensorArchive } from '../archive.ts';
import type { ByteSource } from '../byte-source.ts';
import { quoted } from '../../base/quoted.ts';
import { EndOfPickle } from './cursor.ts';
import { flatten } from './flatten.ts';
import { maxPickleBytes, pickleMemory } from './limits.ts';
import { storageOf } from './rebuild.ts';
import { unpickle, type Unpickled, type UnpickleOptions } from './unpickle.ts';
import { PyList, type StorageRef, type Value } from './values.ts';

const protocolVersion = 1001;

/** Before the elements of a storage: how many there are, little-endian. */
const countBytes = 8;

/**
 * The format before PyTorch 1.6: pickles one after the other, then the storages.
 *
 *     magic number, protocol version, system (sizes of C's types), the object, list of the storages' keys
 *     for each key: number of elements (8 bytes), elements
 *
 * Elements are little-endian, whatever `little_endian` of the system says: a big-endian PyTorch turns them when it writes
 * and when it reads (`torch/csrc/serialization.cpp`, `THPStorage_writeFileRaw`), and ignores what the system was.
 */
export async function openLegacy(source: ByteSource): Promise<TensorArchive> {
  const stream = new PickleStream(source);
  // The magic number, by which the file was recognised.
  await stream.next();
  const version = await stream.next();
  if (version !== protocolVersion) {
    throw new CardinalError(
      `${source.name}: the stream's version is ${typeof version === 'number' ? version : 'no number'}, expected ${protocolVersion}`,
    );
  }
  await stream.next();
  const storages = new Map<string, StorageRef>();
  const value = await stream.next((id) => {
    const storage = storageOf(id, source.name);
    // A key stands for one storage, whose type decides how long it is.
    const first = storages.get(storage.key);
    if (first === undefined) storages.set(storage.key, storage);
    else if (first.type.name !== storage.type.name || first.elements !== storage.elements) {
      throw new CardinalError(
        `${source.name}: storage ${quoted(storage.key)} is ${first.elements} ${first.type.name} and ${storage.elements} ${storage.type.name}: the file is damaged`,
      );
    }
    return storage;
  });
  const pickleBytes = stream.position;
  const begins = await findStorages(await stream.next(), storages, stream.position, source);
  const flat = flatten(value, pickleBytes, {
    source,
    bigEndian: false,
    place({ key, type, elements }) {
      const begin = begins.get(key);
      if (begin === undefined) {
        throw new CardinalError(`${source.name}: storage ${quoted(key)} is missing: the file is damaged`);
      }
      return {
        size: elements * type.bytes,
        read: (at, length) => source.read(begin + at, length),
      };
    },
  });
  return { format: 'pytorch-legacy', source: source.name, ...flat, checksum: undefined };
}

/** Where the elements of each storage begin, by key. Reads the count before each and nothing else. */
async function findStorages(
  keys: Value,
  storages: ReadonlyMap<string, StorageRef>,
  position: number,
  source: ByteSource,
): Promise<ReadonlyMap<string, number>> {
  const begins = new Map<string, number>();
  let end = position;
  for (const item of keys instanceof PyList ? keys.items : []) {
    const key = typeof item === 'string' ? item : typeof item === 'number' ? String(item) : '';
    const storage = storages.get(key);
    if (storage === undefined || begins.has(key)) {
      throw new CardinalError(
        `${source.name}: the list of storages has ${quoted(key)} ${storage === undefined ? 'which no tensor uses' : 'twice'}: the file is damaged`,
      );
    }
    const bytes = await source.read(end, countBytes);
    const count = new DataView(bytes.buffer, bytes.byteOffset, countBytes).getBigInt64(0, true);
    if (count !== BigInt(storage.elements)) {
      throw new CardinalError(
        `${source.name}: storage ${quoted(key)} has ${count.toString()} elements, expected ${storage.elements}: the file is damaged`,
      );
    }
    begins.set(key, end + countBytes);
    end += countBytes + storage.elements * storage.type.bytes;
    if (end > source.size) {
      throw new CardinalError(
        `${source.name} is truncated: storage ${quoted(key)} should end at byte ${end}, the file ends at ${source.size}: the download was cut short, get it anew`,
      );
    }
  }
  return begins;
}

const firstWindowBytes = 65_536;

/** Reads pickles whose length nobody knows before their end: from a window of the file, which grows as it must. */
class PickleStream {
  readonly #source: ByteSource;
  #window: Uint8Array = new Uint8Array(0);
  /** The byte after the last pickle. Windows begin at the file's begin. */
  position = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async next(storage?: UnpickleOptions['storage']): Promise<Value> {
    const { name, size } = this.#source;
    const options = {
      begin: this.position,
      memory: pickleMemory(size),
      ...(storage === undefined ? {} : { storage }),
    };
    for (;;) {
      try {
        const { value, end }: Unpickled = unpickle(this.#window, name, options);
        this.position = end;
        return value;
      } catch (error) {
        const most = Math.min(size, maxPickleBytes);
        const needed = error instanceof EndOfPickle ? this.#window.length + error.needed : Infinity;
        if (needed > most) throw error;
        const length = Math.min(most, Math.max(needed, firstWindowBytes, 4 * this.#window.length));
        this.#window = await this.#source.read(0, length);
      }
    }
  }
}
