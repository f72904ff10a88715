import type { Communicator, Reduction } from '../../backends/communicator.ts';
import { CardinalError, messageOf } from '../../base/errors.ts';
import { endWithin } from './end.ts';
import { RankLostError } from './errors.ts';
import type { Mpi, Pending } from './mpi.ts';
import { Patience, pause, type Limits } from './patience.ts';
import { RollCall } from './roll-call.ts';
import { forwarding } from './start.ts';

/** How often a thread that is idle answers others, and one that tests reductions, in milliseconds. */
const answerEvery = 250;
const lingering = 50;

/** A sum whose wait blocks. */
interface BlockingReduction extends Reduction {
  wait(): void;
}

/** A process among the ranks. */
export interface RankName {
  readonly host: string;
  readonly pid: number;
}

/**
 * The ranks of a job that mpirun started, of which this process is one. All its functions belong to the thread that opened it; all
 * ranks call them in the same order. Those that wait block the thread, up to their limits, and throw a `RankLostError` that names
 * whoever is missing.
 */
export class MpiCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  /** Name and version of the library. */
  readonly library: string;
  readonly libraryPath: string;
  readonly #mpi: Mpi;
  readonly #rollCall: RollCall;
  readonly #patience: Patience;
  readonly #limits: Limits;
  readonly #tell: (message: string) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #onExit: (code: number) => void;
  #names: readonly RankName[] = [];
  #answered = 0;
  #isOpen = true;

  /** Takes over an initialised `mpi`. */
  constructor(
    mpi: Mpi,
    place: { readonly rank: number; readonly size: number },
    options: {
      readonly limits: Limits;
      readonly tell: (message: string) => void;
      readonly giveWay: () => void;
    },
  ) {
    this.rank = place.rank;
    this.size = place.size;
    this.library = mpi.library.version;
    this.libraryPath = mpi.library.path;
    this.#mpi = mpi;
    this.#limits = options.limits;
    this.#tell = options.tell;
    this.#rollCall = new RollCall(mpi, place.rank, place.size);
    this.#patience = new Patience({
      rank: place.rank,
      rollCall: this.#rollCall,
      nameOf: (rank) => this.nameOf(rank),
      ...options,
    });
    this.#timer = setInterval(() => {
      this.#answer();
    }, answerEvery).unref();
    // Others would wait for a rank that has ended; mpirun may take it for a success.
    this.#onExit = (code) => {
      if (this.#isOpen) this.abort(code === 0 ? 1 : code);
    };
    process.once('exit', this.#onExit);
  }

  /** Tells the ranks of each other's processes. */
  introduce(name: RankName): void {
    const texts = this.gather(Buffer.from(JSON.stringify(name)), 'the start');
    // Ours, of the same version or nearly: the settings are compared next.
    this.#names = texts.map((text) => JSON.parse(Buffer.from(text).toString()) as RankName);
  }

  /** `rank 2 (process 4711 on node7)`. */
  nameOf(rank: number): string {
    const name = this.#names.at(rank);
    return name === undefined ? `rank ${rank}` : `rank ${rank} (process ${name.pid} on ${name.host})`;
  }

  /** The machines of the ranks, in the order of these. */
  get hosts(): readonly string[] {
    return this.#names.map(({ host }) => host);
  }

  startAllReduce(values: Float32Array): BlockingReduction {
    this.#requireOpen();
    const number = this.#rollCall.begin();
    const pending = this.#mpi.startSum(values);
    return {
      test: () => {
        const isDone = pending.test();
        if (!isDone) this.#answerNowAndThen();
        return isDone;
      },
      wait: () => {
        this.#patience.wait(pending, number, 'a sum');
      },
    };
  }

  /** The bytes of every rank, in the order of ranks, on all of them. `what` is for messages, here and below. */
  gather(bytes: Uint8Array, what: string): Uint8Array[] {
    const { size } = this;
    const own = copied(bytes);
    const lengths = new Int32Array(new SharedArrayBuffer(4 * size));
    const length = new Int32Array(new SharedArrayBuffer(4));
    length[0] = own.length;
    this.#wait(
      this.#begin(() => this.#mpi.startGather(bytesOf(length), bytesOf(lengths))),
      what,
    );
    const offsets = new Int32Array(new SharedArrayBuffer(4 * size));
    let total = 0;
    for (const [rank, each] of lengths.entries()) {
      offsets[rank] = total;
      total += each;
    }
    if (total >= 2 ** 31)
      throw new CardinalError(`gather: ${total} bytes (${what}), expected less than 2 GiB`);
    const all = fresh(total);
    this.#wait(
      this.#begin(() => this.#mpi.startGatherOf(own, all, lengths, offsets)),
      what,
    );
    return Array.from(lengths, (each, rank) => all.slice(offsets[rank], offsets[rank] + each));
  }

  /** As `gather`, for bytes of the same number on all ranks: one exchange. */
  gatherEqual(bytes: Uint8Array, what: string): Uint8Array {
    const own = copied(bytes);
    const all = fresh(this.size * own.length);
    this.#wait(
      this.#begin(() => this.#mpi.startGather(own, all)),
      what,
    );
    return all;
  }

  /** What rank `root` gives, on all ranks; the others give nothing. */
  broadcast(bytes: Uint8Array | undefined, what: string, root = 0): Uint8Array {
    const length = new Int32Array(new SharedArrayBuffer(4));
    length[0] = bytes?.length ?? 0;
    this.#wait(
      this.#begin(() => this.#mpi.startBroadcast(bytesOf(length), root)),
      what,
    );
    const shared = bytes === undefined || this.rank !== root ? fresh(length[0]) : copied(bytes);
    this.#wait(
      this.#begin(() => this.#mpi.startBroadcast(shared, root)),
      what,
    );
    return shared.slice();
  }

  /** Waits until all ranks have come. */
  barrier(what: string): void {
    this.#wait(
      this.#begin(() => this.#mpi.startBarrier()),
      what,
    );
  }

  /** Sends bytes to one rank, which receives as many. No exchange of all ranks, so it is not counted as one. */
  send(bytes: Uint8Array, to: number): void {
    this.#wait({ pending: this.#mpi.startSend(bytes, to, bytesTag), number: this.#rollCall.begun }, 'bytes');
  }

  receive(into: Uint8Array, from: number): void {
    this.#wait(
      { pending: this.#mpi.startReceive(into, from, bytesTag), number: this.#rollCall.begun },
      'bytes',
    );
  }

  /** Blocks this thread for a while and still answers those who wait for this rank. */
  linger(milliseconds: number): void {
    for (let rest = milliseconds; rest > 0; rest -= lingering) {
      pause(lingering);
      this.#answer();
    }
  }

  /** Ends all ranks at once. Say why before. */
  abort(code: number): void {
    this.#leave();
    // MPICH's launcher drops what it has not passed on by then.
    pause(forwarding);
    try {
      this.#mpi.abort(code);
    } catch {
      // It is ended by mpirun then, when this process has.
    }
  }

  /** Whether this rank is the one that tells what all have found out, or what nobody else can. */
  speaksFor(error: unknown): boolean {
    return error instanceof RankLostError ? error.speaker === this.rank : this.rank === 0;
  }

  /**
   * Waits until all ranks have done their work; nothing can be exchanged afterwards. MPI itself is ended when this process exits, after whatever else
   * is to be done then: the library may not come back from its end, and everything is written and said by that time.
   */
  close(): void {
    if (!this.#isOpen) return;
    this.barrier('the end');
    this.#isOpen = false;
    process.off('exit', this.#onExit);
    process.once('exit', (code) => {
      this.#end(code);
    });
  }

  #end(code: number): void {
    try {
      // Here a rank that is late is waited for with patience; in the library there is none to wait for.
      this.#wait(
        this.#beginAny(() => this.#mpi.startBarrier()),
        'the exit',
      );
      // Answers that nobody waits for any more must not be left to the library.
      this.#rollCall.answer();
      endWithin(this.#limits.end, code, () => {
        this.#mpi.finalize();
      });
    } catch (error) {
      // All work is done. A rank that is lost was ended by somebody who knows.
      if (!(error instanceof RankLostError)) this.#tell(messageOf(error));
    }
  }

  #leave(): void {
    this.#isOpen = false;
    clearInterval(this.#timer);
    process.off('exit', this.#onExit);
  }

  #requireOpen(): void {
    if (!this.#isOpen) throw new CardinalError('the communicator of MPI was closed');
  }

  #begin(start: () => Pending): { readonly pending: Pending; readonly number: number } {
    this.#requireOpen();
    return this.#beginAny(start);
  }

  #beginAny(start: () => Pending): { readonly pending: Pending; readonly number: number } {
    return { number: this.#rollCall.begin(), pending: start() };
  }

  #wait({ pending, number }: { readonly pending: Pending; readonly number: number }, what: string): void {
    this.#patience.wait(pending, number, what);
  }

  #answerNowAndThen(): void {
    if (performance.now() - this.#answered > answerEvery) this.#answer();
  }

  #answer(): void {
    this.#answered = performance.now();
    this.#rollCall.answer();
  }
}

/** Keeps messages apart from those of the roll call. */
const bytesTag = 18;

/** Memory that does not move; never empty, because that has no address. */
function fresh(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(Math.max(length, 1)), 0, length);
}

function copied(bytes: Uint8Array): Uint8Array {
  const copy = fresh(bytes.length);
  copy.set(bytes);
  return copy;
}

function bytesOf(integers: Int32Array): Uint8Array {
  return new Uint8Array(integers.buffer);
}
