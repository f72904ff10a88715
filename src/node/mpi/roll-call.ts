import type { Mpi, Pending } from './mpi.ts';

/** No other point-to-point messages have it. */
const tag = 17;

/** A message: the sender's rank, how many exchanges it has begun, and whether it wants an answer. */
const words = 3;

/** What is known of another rank. */
interface Known {
  /** Exchanges that it has begun. */
  begun: number;
  /** When it last said something, by this process's clock; −∞ if it never has. */
  heard: number;
  /** Its last message from here, until the library has it out. */
  sending: Pending | undefined;
}

/**
 * Who has come to an exchange. Ranks that wait ask the others; each answers when it waits itself, tests a reduction or is idle, so an
 * answer is a sign of life. While nobody waits long, nothing is sent.
 */
export class RollCall {
  readonly #mpi: Mpi;
  readonly #rank: number;
  readonly #others: readonly Known[];
  readonly #incoming = new Int32Array(new SharedArrayBuffer(4 * words));
  #begun = 0;

  constructor(mpi: Mpi, rank: number, size: number) {
    this.#mpi = mpi;
    this.#rank = rank;
    this.#others = Array.from({ length: size }, () => ({ begun: 0, heard: -Infinity, sending: undefined }));
  }

  /** Counts an exchange that this rank begins, and gives its number. */
  begin(): number {
    return ++this.#begun;
  }

  /** How many exchanges this rank has begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Reads what others have sent, and answers those who ask. */
  answer(): void {
    while (this.#mpi.receiveAny(this.#incoming, tag)) {
      const [from, begun, asks] = this.#incoming;
      const known = this.#others.at(from);
      if (known === undefined) continue;
      known.begun = begun;
      known.heard = performance.now();
      if (asks === 1) this.#send(from, false);
    }
  }

  /** Asks those who are not known to have come to exchange `number`. */
  ask(number: number): void {
    for (const rank of this.missing(number)) this.#send(rank, true);
  }

  /** The ranks that have not come to exchange `number`, as far as is known. */
  missing(number: number): number[] {
    return [...this.#others.keys()].filter(
      (rank) => rank !== this.#rank && this.#others[rank].begun < number,
    );
  }

  /** Milliseconds since a rank said something; ∞ if it never has. */
  silence(rank: number): number {
    return performance.now() - this.#others[rank].heard;
  }

  /** Not to a rank that has not taken the last message: it reads nothing now. */
  #send(to: number, asks: boolean): void {
    const known = this.#others[to];
    if (known.sending?.test() === false) return;
    const message = new Int32Array(new SharedArrayBuffer(4 * words));
    message.set([this.#rank, this.#begun, asks ? 1 : 0]);
    known.sending = this.#mpi.startSend(message, to, tag);
  }
}
