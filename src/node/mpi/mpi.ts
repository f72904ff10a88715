import { CardinalError } from '../../base/errors.ts';
import type { NativeFunction } from '../koffi.ts';
import type { MpiLibrary } from './library.ts';

/** An exchange that is under way. Its memory is the library's until it is done. */
export interface Pending {
  /** Lets communication go on; true once it is done. Throws a `CardinalError` if it failed. */
  test(): boolean;
}

/** Memory that the library reads or writes: of a kind that never moves. */
type Memory = Uint8Array | Float32Array | Int32Array;

/** MPI's requests, of 4 or 8 bytes. */
const requestBytes = 8;

/**
 * The functions of an MPI library that ranks need, without its handles and constants. All exchanges are of all ranks of the job,
 * and none waits: so nothing hangs in a call of a native function. Each throws a `CardinalError` with what the library said.
 */
export class Mpi {
  readonly library: MpiLibrary;
  /** Out-parameters: two integers. */
  readonly #out = new Int32Array(new SharedArrayBuffer(8));
  readonly #first: bigint;
  readonly #second: bigint;
  /** Addresses of requests that no exchange has. */
  readonly #freeRequests: bigint[] = [];
  /** Keeps the memory of all requests. */
  readonly #requests: Uint8Array[] = [];
  readonly #functions = new Map<string, NativeFunction>();

  constructor(library: MpiLibrary) {
    this.library = library;
    this.#first = this.#address(this.#out);
    this.#second = this.#first + 4n;
  }

  /** Starts MPI in this process, whose calls come from one thread at a time. Errors are returned from now on. */
  init(): { readonly rank: number; readonly size: number } {
    const { world, errorsReturn, serialized } = this.library.convention;
    this.#call('Init_thread', 'void *, void *, int, void *', 0n, 0n, serialized, this.#first);
    this.#call('Comm_set_errhandler', 'H, H', world, errorsReturn);
    this.#call('Comm_rank', 'H, void *', world, this.#first);
    this.#call('Comm_size', 'H, void *', world, this.#second);
    return { rank: this.#out[0], size: this.#out[1] };
  }

  /** Waits until all ranks call it. */
  finalize(): void {
    this.#call('Finalize', 'void');
  }

  /** Ends all ranks, this one too. */
  abort(code: number): void {
    this.#call('Abort', 'H, int', this.library.convention.world, code);
  }

  /** Sums float32 over all ranks, in place. */
  startSum(values: Float32Array): Pending {
    const { inPlace, float, sum, world } = this.library.convention;
    const at = this.#address(values);
    return this.#start(
      [values],
      'Iallreduce',
      'void *, void *, int, H, H, H',
      ...[inPlace, at, values.length, float, sum, world],
    );
  }

  /** Gives `bytes` of every rank, of one length, to all, one after the other in `all`. */
  startGather(bytes: Uint8Array, all: Uint8Array): Pending {
    const { byte, world } = this.library.convention;
    const each = bytes.length;
    return this.#start(
      [bytes, all],
      'Iallgather',
      'void *, int, H, void *, int, H, H',
      ...[this.#address(bytes), each, byte, this.#address(all), each, byte, world],
    );
  }

  /** As `startGather`, with lengths that differ. */
  startGatherOf(bytes: Uint8Array, all: Uint8Array, lengths: Int32Array, offsets: Int32Array): Pending {
    const { byte, world } = this.library.convention;
    const send = [this.#address(bytes), bytes.length, byte] as const;
    const receive = [this.#address(all), this.#address(lengths), this.#address(offsets), byte] as const;
    return this.#start(
      [bytes, all, lengths, offsets],
      'Iallgatherv',
      'void *, int, H, void *, void *, void *, H, H',
      ...[...send, ...receive, world],
    );
  }

  /** Overwrites `bytes` with those of rank `root`. */
  startBroadcast(bytes: Uint8Array, root: number): Pending {
    const { byte, world } = this.library.convention;
    return this.#start(
      [bytes],
      'Ibcast',
      'void *, int, H, int, H',
      ...[this.#address(bytes), bytes.length, byte, root, world],
    );
  }

  startBarrier(): Pending {
    return this.#start([], 'Ibarrier', 'H', this.library.convention.world);
  }

  startSend(bytes: Memory, to: number, tag: number): Pending {
    return this.#message('Isend', bytes, to, tag);
  }

  startReceive(bytes: Memory, from: number, tag: number): Pending {
    return this.#message('Irecv', bytes, from, tag);
  }

  /** A message that has come from any rank, of as many bytes as `into` has. False if none has. */
  receiveAny(into: Memory, tag: number): boolean {
    const { anySource, world, statusIgnore, byte } = this.library.convention;
    this.#call(
      'Iprobe',
      'int, int, H, void *, void *',
      ...[anySource, tag, world, this.#first, statusIgnore],
    );
    if (this.#out[0] === 0) return false;
    this.#call(
      'Recv',
      'void *, int, H, int, int, H, void *',
      ...[this.#address(into), into.byteLength, byte, anySource, tag, world, statusIgnore],
    );
    return true;
  }

  #message(name: string, bytes: Memory, peer: number, tag: number): Pending {
    const { byte, world } = this.library.convention;
    return this.#start(
      [bytes],
      name,
      'void *, int, H, int, int, H',
      ...[this.#address(bytes), bytes.byteLength, byte, peer, tag, world],
    );
  }

  /** `memory` is kept from being collected while the library has its addresses. */
  #start(memory: readonly Memory[], name: string, parameters: string, ...args: readonly unknown[]): Pending {
    const request = this.#takeRequest();
    this.#call(name, `${parameters}, void *`, ...args, request);
    let held: readonly Memory[] | undefined = memory;
    return {
      test: () => {
        if (held === undefined) return true;
        this.#call(
          'Test',
          'void *, void *, void *',
          ...[request, this.#first, this.library.convention.statusIgnore],
        );
        if (this.#out[0] === 0) return false;
        held = undefined;
        this.#freeRequests.push(request);
        return true;
      },
    };
  }

  #takeRequest(): bigint {
    const free = this.#freeRequests.pop();
    if (free !== undefined) return free;
    const block = new Uint8Array(new SharedArrayBuffer(64 * requestBytes));
    this.#requests.push(block);
    const start = this.#address(block);
    for (let i = 1; i < 64; i++) this.#freeRequests.push(start + BigInt(i * requestBytes));
    return start;
  }

  #address(memory: Memory): bigint {
    return BigInt(this.library.koffi.address(memory));
  }

  /** Calls `MPI_<name>`; in `parameters`, H is a handle. */
  #call(name: string, parameters: string, ...args: readonly unknown[]): void {
    const code = this.#function(name, parameters)(...args);
    if (code !== 0) throw this.#error(name, Number(code));
  }

  #function(name: string, parameters: string): NativeFunction {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const { native, convention, path } = this.library;
    const definition = `int MPI_${name}(${parameters.replaceAll('H', convention.handle)})`;
    try {
      const found = native.func(definition);
      this.#functions.set(name, found);
      return found;
    } catch (error) {
      throw new CardinalError(`${path} has no MPI_${name}: MPI 3 or newer is needed`, { cause: error });
    }
  }

  #error(name: string, code: number): CardinalError {
    const text = new Uint8Array(new SharedArrayBuffer(longestError));
    const errorString = this.#function('Error_string', 'int, void *, void *');
    errorString(code, this.#address(text), this.#first);
    const reason = Buffer.from(text.slice(0, this.#out[0]))
      .toString('latin1')
      .split(/[\n\0]/)[0];
    return new CardinalError(`MPI_${name} failed: ${reason.trim()} (${this.library.version})`);
  }
}

/** MPICH's MPI_MAX_ERROR_STRING, the largest. */
const longestError = 512;
