import { CardinalError, DisposedError, messageOf } from '../base/errors.ts';
import { unrefTimer } from '../base/timers.ts';
import { watchFor, type DecodingNote } from './decode-watch.ts';
import { isEncoded, limitsOf } from './file-source.ts';
import { tookTooLong } from './in-time.ts';
import type {
  FilledBatch,
  GivenUp,
  WorkerJob,
  WorkerMessage,
  WorkerReply,
  WorkerSetup,
} from './pool-messages.ts';
import { handedOver, isShared } from './shared-memory.ts';

export const DISPOSED = 'the data loader was disposed of; make another to use it';

/** A thread of the platform in which `answerJobs` runs with the assembler of a setup. */
export interface DecoderThread {
  post(message: WorkerMessage, transfer?: readonly ArrayBuffer[]): void;
  /** Whether the thread owes an answer: while it does, it keeps the process alive, where threads do. */
  setBusy(isBusy: boolean): void;
  /** Ends it; resolves when it has ended. */
  terminate(): Promise<void>;
}

/** What a pool learns of a thread, never before it was started. */
export interface DecoderThreadEvents {
  readonly onMessage: (message: WorkerReply | DecodingNote) => void;
  /** It has ended by itself, and why. */
  readonly onEnd: (cause: Error) => void;
}

/** Starts a thread that is not busy. Throws any error if it cannot be started. */
export type StartDecoderThread = (setup: WorkerSetup, events: DecoderThreadEvents) => DecoderThread;

/** What a place has of its pool. */
export interface PoolSide {
  readonly start: StartDecoderThread;
  /** With what has been given up so far. */
  readonly setup: () => WorkerSetup;
  /** Tells all threads. */
  readonly giveUp: (sample: GivenUp) => void;
  /** Whether a thread that ended by itself may be replaced once more. */
  readonly mayReplace: () => boolean;
}

interface Waiting {
  readonly job: WorkerJob;
  /** The same job for another thread, with arrays of its own where the first thread has those of the job. */
  readonly again: () => WorkerJob;
  readonly resolve: (batch: FilledBatch) => void;
  readonly reject: (error: Error) => void;
}

/** The times that a picture may take until its thread is ended: a decoder that looks at the time itself goes first. */
const patience = 1.25;
/** Looks at what a thread decodes, in the time that a picture may take. */
const looks = 10;
/** Until a thread that is ended runs no more JavaScript, and so writes to no batch; native code may go on for longer. */
const graceMilliseconds = 1000;

/** A place in a pool: a thread, and the next one where it has to be ended. The jobs that one owes, the next does. */
export class PoolPlace {
  readonly #pool: PoolSide;
  readonly #waiting = new Map<number, Waiting>();
  #thread: DecoderThread;
  #look: ReturnType<typeof setInterval> | undefined;
  /** A thread has been ended, and the next is not there yet. */
  #replacing = false;
  #ended: Error | undefined;

  constructor(pool: PoolSide) {
    this.#pool = pool;
    this.#thread = this.#start();
  }

  get jobs(): number {
    return this.#waiting.size;
  }

  run(job: WorkerJob): Promise<FilledBatch> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.set(job.id, { job, again: repeating(job), resolve, reject });
      this.#thread.setBusy(true);
      this.#thread.post(job, handedOver(job));
    });
  }

  /** Has a sample count as one that cannot be decoded. */
  giveUp(sample: GivenUp): void {
    this.#thread.post({ giveUp: sample });
  }

  async stop(): Promise<void> {
    this.#end(new DisposedError(DISPOSED));
    await this.#thread.terminate();
  }

  #start(): DecoderThread {
    const setup = this.#pool.setup();
    const seconds = limitsOf(setup.source).decodeSeconds;
    const watching = isEncoded(setup.source) ? watchFor(patience * seconds, patience * looks) : undefined;
    const thread: DecoderThread = this.#pool.start(
      { ...setup, watched: watching?.watched },
      {
        onMessage: (message) => {
          if (thread !== this.#thread) return;
          if ('turn' in message) watching?.note(message);
          else this.#settle(message);
        },
        onEnd: (cause) => {
          this.#lose(thread, cause);
        },
      },
    );
    clearInterval(this.#look);
    if (watching === undefined) return thread;
    this.#look = setInterval(
      () => {
        const index = watching.overdue(performance.now());
        if (index === undefined || this.#waiting.size === 0) return;
        this.#pool.giveUp({ index, reason: tookTooLong(seconds) });
        this.#replace();
      },
      (1000 * seconds) / looks,
    );
    unrefTimer(this.#look);
    return thread;
  }

  /** Ends the thread, which may not notice for a while, and has another do its jobs. */
  #replace(): void {
    this.#replacing = true;
    clearInterval(this.#look);
    const grace = new Promise<void>((resolve) => {
      unrefTimer(setTimeout(resolve, graceMilliseconds));
    });
    void Promise.race([this.#thread.terminate(), grace]).then(() => {
      if (this.#ended) return;
      try {
        this.#thread = this.#start();
        this.#replacing = false;
      } catch (error) {
        this.#end(
          new CardinalError(`a data worker cannot be started: ${messageOf(error)}`, { cause: error }),
        );
        return;
      }
      if (this.#waiting.size > 0) this.#thread.setBusy(true);
      for (const { again } of this.#waiting.values()) {
        const job = again();
        this.#thread.post(job, handedOver(job));
      }
    });
  }

  /** A thread that ended by itself. */
  #lose(thread: DecoderThread, cause: Error): void {
    if (thread !== this.#thread || this.#replacing || this.#ended) return;
    if (this.#pool.mayReplace()) this.#replace();
    else this.#end(cause);
  }

  #settle(reply: WorkerReply): void {
    // An answer that comes while the thread is stopped is nobody's any more.
    if (this.#ended || this.#replacing) return;
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#thread.setBusy(false);
    if ('result' in reply) {
      const { input, target } = reply.arrays ?? waiting.job;
      waiting.resolve({ ...reply.result, input, target });
    } else waiting.reject(reply.forUser ? new CardinalError(reply.error) : new Error(reply.error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    clearInterval(this.#look);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#ended);
  }
}

/** Arrays that were handed over are gone for whoever gave them, and with the thread if it is ended. */
function repeating(job: WorkerJob): () => WorkerJob {
  if (isShared(job.input.buffer)) return () => job;
  const { input, target } = { input: job.input.length, target: job.target.length };
  return () => ({ ...job, input: new Float32Array(input), target: new Float32Array(target) });
}
