import { setTimeout as after } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { CardinalError, DisposedError, messageOf } from '../base/errors.ts';
import { shortened } from '../base/quoted.ts';
import type { AssembledBatch } from './assembler.ts';
import { threadError } from '../node/file-errors.ts';
import { limitsOf } from './decode.ts';
import { tookTooLong } from './in-time.ts';
import type { GivenUp, WorkerJob, WorkerReply, WorkerSetup } from './pool-messages.ts';
import { DecodeWatch, newWatchedPlaces } from './decode-watch.ts';

export const DISPOSED = 'the data loader was disposed of; make another to use it';

/** What a worker has of its pool. */
export interface PoolSide {
  readonly script: URL;
  /** With what has been given up so far. */
  readonly setup: () => WorkerSetup;
  /** Tells all workers. */
  readonly giveUp: (sample: GivenUp) => void;
  /** Whether a thread that ended by itself may be replaced once more. */
  readonly mayReplace: () => boolean;
}

interface Waiting {
  readonly job: WorkerJob;
  readonly resolve: (batch: AssembledBatch) => void;
  readonly reject: (error: Error) => void;
}

/** The times that a picture may take until its thread is ended: sharp, which looks at the time itself, goes first. */
const patience = 1.25;
/** Looks at what a thread decodes, in the time that a picture may take. */
const looks = 10;
/** Until a thread that is ended runs no more JavaScript, and so writes to no batch; native code may go on for longer. */
const graceMilliseconds = 1000;

/** A place in a pool: a thread, and the next one where it has to be ended. The jobs that one owes, the next does. */
export class PoolWorker {
  readonly #pool: PoolSide;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker;
  #look: NodeJS.Timeout | undefined;
  /** A thread has been ended, and the next is not there yet. */
  #replacing = false;
  #ended: Error | undefined;

  constructor(pool: PoolSide) {
    this.#pool = pool;
    this.#worker = this.#start();
  }

  get jobs(): number {
    return this.#waiting.size;
  }

  run(job: WorkerJob): Promise<AssembledBatch> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.set(job.id, { job, resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(job);
    });
  }

  /** Has a sample count as one that cannot be decoded. */
  giveUp(sample: GivenUp): void {
    this.#worker.postMessage({ giveUp: sample });
  }

  async stop(): Promise<void> {
    this.#end(new DisposedError(DISPOSED));
    // Else the process may end, with whoever awaits this, before the thread has.
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #start(): Worker {
    const setup = this.#pool.setup();
    const watched = setup.source.kind === 'files' ? newWatchedPlaces() : undefined;
    const worker = new Worker(this.#pool.script, { workerData: { ...setup, watched } });
    worker.unref();
    worker.on('message', (reply: WorkerReply) => {
      if (worker === this.#worker) this.#settle(reply);
    });
    worker.on('error', (error) => {
      this.#lose(worker, threadError('a thread that reads pictures', error));
    });
    worker.on('exit', (code) => {
      this.#lose(worker, new CardinalError(`a data worker ended unexpectedly with code ${code}`));
    });
    clearInterval(this.#look);
    if (watched === undefined) return worker;
    const seconds = limitsOf(setup.source).decodeSeconds;
    const watch = new DecodeWatch(watched, patience * seconds);
    this.#look = setInterval(
      () => {
        const index = watch.overdue(performance.now());
        if (index === undefined || this.#waiting.size === 0) return;
        this.#pool.giveUp({ index, reason: tookTooLong(seconds) });
        this.#replace();
      },
      (1000 * seconds) / looks,
    ).unref();
    return worker;
  }

  /** Ends the thread, which may not notice for a while, and has another do its jobs. */
  #replace(): void {
    this.#replacing = true;
    clearInterval(this.#look);
    const grace = after(graceMilliseconds, undefined, { ref: false });
    void Promise.race([this.#worker.terminate(), grace]).then(() => {
      if (this.#ended) return;
      try {
        this.#worker = this.#start();
        this.#replacing = false;
      } catch (error) {
        this.#end(
          new CardinalError(`a data worker cannot be started: ${messageOf(error)}`, { cause: error }),
        );
        return;
      }
      if (this.#waiting.size > 0) this.#worker.ref();
      for (const { job } of this.#waiting.values()) this.#worker.postMessage(job);
    });
  }

  /** A thread that ended by itself. */
  #lose(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker || this.#replacing || this.#ended) return;
    if (this.#pool.mayReplace()) this.#replace();
    else this.#end(lossOf(cause));
  }

  #settle(reply: WorkerReply): void {
    // An answer that comes while the worker is stopped is nobody's any more.
    if (this.#ended || this.#replacing) return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('result' in reply) waiting?.resolve(reply.result);
    else waiting?.reject(reply.forUser ? new CardinalError(reply.error) : new Error(reply.error));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    clearInterval(this.#look);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#ended);
  }
}

/** The error of a pool whose threads end again and again. */
function lossOf(cause: unknown): Error {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new CardinalError(
      `the data workers run out of memory (${shortened(cause.message)}): take fewer workers, smaller batches or a smaller maxPixels`,
      { cause },
    );
  }
  return cause instanceof Error ? cause : new Error(messageOf(cause));
}
