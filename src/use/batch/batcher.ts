import type { Program } from '../../backends/backend.ts';
import { DeviceLostError } from '../../base/errors.ts';
import { largest } from '../../base/extremes.ts';
import { nextTask } from '../../base/next-task.ts';
import { batchesOf, type BatchSize } from '../../plan/batches.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Batching } from './options.ts';
import { Pace } from './pace.ts';

/** What came of one picture. */
export interface Computed {
  /** Its K logits. */
  readonly logits: Float32Array;
  /** How long its batch took, in ms. */
  readonly compute: number;
  /** Pictures in its batch. */
  readonly batch: number;
}

export interface AddOptions {
  /** Takes the picture out of the queue while it waits: it rejects with the signal's reason then. */
  readonly signal: AbortSignal;
  /** Told when its batch begins; what was given for it is not needed any more then. */
  readonly onBegin?: (() => void) | undefined;
}

interface Waiting {
  readonly input: Float32Array;
  /** When it came, in the clock's ms. */
  readonly since: number;
  /** It leaves the queue to be computed. */
  readonly begin: () => void;
  readonly resolve: (computed: Computed) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Computes pictures of concurrent callers together: in the order in which they came, as many of those that wait as one of the plan's
 * batches holds. While something computes, the next ones gather.
 *
 * A run that fails fails the pictures that were in it. A device that is lost fails those that wait and whatever comes, too.
 */
export class Batcher {
  readonly pace = new Pace();
  /** The largest batch. */
  readonly size: number;
  readonly #program: Program;
  /** Smallest first. */
  readonly #batches: readonly BatchSize[];
  readonly #clock: Clock;
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #maxDelay: number;
  #isWorking = false;
  #lost: DeviceLostError | undefined;
  /** Pictures of a batch one behind the other, H×W×C each. */
  #rows: Float32Array = new Float32Array(0);
  /** Called when those that wait have become more or fewer. */
  #changed: () => void = () => undefined;

  constructor(program: Program, { maxDelay }: Pick<Batching, 'maxDelay'>, clock: Clock = systemClock) {
    this.#program = program;
    this.#batches = batchesOf(program.plan).toSorted((a, b) => a.size - b.size);
    this.size = largest(
      this.#batches.map(({ size }) => size),
      1,
    );
    this.#maxDelay = maxDelay;
    this.#clock = clock;
  }

  /** Whether pictures wait or are computed. */
  get busy(): boolean {
    return this.#isWorking;
  }

  /** Computes a prepared picture, H×W×C, which is not to be changed until its batch begins. */
  add(input: Float32Array, { signal, onBegin }: AddOptions): Promise<Computed> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        signal.removeEventListener('abort', abort);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        input,
        since: this.#clock.now(),
        begin: () => {
          leave();
          onBegin?.();
        },
        resolve,
        reject: (error) => {
          leave();
          // What a device throws, or the caller's own reason, whatever it is.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          reject(error);
        },
      };
      const abort = (): void => {
        waiting.reject(signal.reason);
        this.#changed();
      };
      signal.addEventListener('abort', abort);
      this.#waiting.add(waiting);
      this.#changed();
      void this.#work();
    });
  }

  /** Nobody waits for others any more: no more will come. */
  hurry(): void {
    this.#maxDelay = 0;
    this.#changed();
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    let cameRound = (): boolean => false;
    while (this.#waiting.size > 0) {
      // A whole batch that waits goes at once, so that what computes does not stand still while the answers of the last one leave.
      if (!cameRound() || this.#waiting.size < this.size) {
        // What else waits in the process goes first: answers leave, and requests come that belong into this batch.
        await nextTask();
        await this.#gather();
        await nextTask();
      }
      // Where this thread computes itself, nothing else comes to its turn meanwhile.
      cameRound = watchRound();
      await this.#computeNext();
    }
    this.#isWorking = false;
  }

  /** Waits for others until there is a whole batch, or the first has waited long enough. */
  async #gather(): Promise<void> {
    for (;;) {
      const [first] = this.#waiting;
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- all may have been taken back
      if (first === undefined || this.#waiting.size >= this.size) return;
      const left = first.since + this.#maxDelay - this.#clock.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(left, resolve);
        this.#changed = () => {
          cancel();
          resolve();
        };
      });
      this.#changed = () => undefined;
    }
  }

  async #computeNext(): Promise<void> {
    const sizes = this.#batches.map(({ size }) => size);
    const size = this.pace.sizeFor(this.#waiting.size, sizes);
    const batch = this.#batches.find((one) => one.size === size);
    const taken = [...this.#waiting].slice(0, size);
    if (taken.length === 0 || batch === undefined) return;
    const inputs = taken.map((waiting) => {
      waiting.begin();
      return waiting.input;
    });
    try {
      const { logits, compute } = await this.#run(batch, inputs);
      this.pace.note(batch.size, taken.length, compute);
      const classes = logits.length / batch.size;
      taken.forEach(({ resolve }, row) => {
        resolve({
          logits: logits.slice(row * classes, (row + 1) * classes),
          compute,
          batch: taken.length,
        });
      });
    } catch (error) {
      if (error instanceof DeviceLostError) this.#lost = error;
      const failed = error instanceof DeviceLostError ? [...taken, ...this.#waiting] : taken;
      for (const { reject } of failed) reject(error);
    }
  }

  /** A turn of the program's, so that a backend that drains knows of it. */
  #run(
    batch: BatchSize,
    inputs: readonly Float32Array[],
  ): Promise<{ readonly logits: Float32Array; readonly compute: number }> {
    return this.#program.take(async () => {
      const begun = this.#clock.now();
      this.#program.write(batch.input, this.#together(batch, inputs), 'channels_last');
      // Asked for at once: where another thread computes, it is one way there and back.
      const [, logits] = await Promise.all([
        this.#program.run(batch.forward),
        this.#program.read(batch.logits),
      ]);
      return { logits, compute: this.#clock.now() - begun };
    });
  }

  /** Rows that nobody needs are left as they are. */
  #together({ size }: BatchSize, inputs: readonly Float32Array[]): Float32Array {
    const [first] = inputs;
    if (size === 1) return first;
    const length = size * first.length;
    if (this.#rows.length < length) this.#rows = new Float32Array(length);
    inputs.forEach((input, row) => {
      this.#rows.set(input, row * first.length);
    });
    return this.#rows.subarray(0, length);
  }
}

/** Tells whether the event loop has come round since then. */
function watchRound(): () => boolean {
  let came = false;
  void nextTask().then(() => {
    came = true;
  });
  return () => came;
}
