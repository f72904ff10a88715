import { drains, type DisposeOptions } from '../base/disposal.ts';
import { CardinalError, DisposedError } from '../base/errors.ts';
import { Turns } from '../base/turns.ts';
import { entries, type Entry, type Plan, type PlanBuffer } from '../plan/plan.ts';
import type { Order, Program } from './backend.ts';
import { HostBuffers } from './host-buffers.ts';

/** What a device holds of a program. Nothing else may keep its memory. */
export interface Loaded {
  /** A buffer's place in the program's memory. */
  elements(buffer: PlanBuffer): Float32Array;
  /** Runs one of the plan's step lists to its end. */
  run(entry: Entry): void;
  /** Tells the device that the program is not needed any more; resolves when none of its threads has it. */
  release(): Promise<void>;
}

/**
 * A program whose memory the host can see and whose runs are over when they return: how it serves its callers, and ends. Such memory
 * is not lost by itself: of a `DeviceLostError` it knows nothing, and passes on what `Loaded.run` throws.
 */
export class HostProgram implements Program {
  readonly plan: Plan;
  #loaded: Loaded | undefined;
  readonly #buffers: HostBuffers;
  readonly #turns: Turns;
  readonly #onFree: () => void;
  /** Why its memory is gone. */
  #ended: string | undefined;
  #freed: Promise<void> = Promise.resolve();

  /** `onFree` is called once. */
  constructor(plan: Plan, loaded: Loaded, onFree: () => void) {
    this.plan = plan;
    this.#loaded = loaded;
    this.#onFree = onFree;
    this.#buffers = new HostBuffers(plan, (buffer) => this.#live().elements(buffer));
    this.#turns = new Turns(`plan "${plan.name}"`);
  }

  get busy(): boolean {
    return this.#turns.busy;
  }

  take<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#turns.take(work);
  }

  write(name: string, data: Float32Array, order?: Order): void {
    this.#buffers.write(name, data, order);
  }

  read(name: string, order?: Order): Promise<Float32Array>;
  read(names: readonly string[], order?: Order): Promise<Float32Array[]>;
  read(names: string | readonly string[], order?: Order): Promise<Float32Array | Float32Array[]> {
    return settle(() =>
      Array.isArray(names)
        ? names.map((name: string) => this.#buffers.read(name, order))
        : this.#buffers.read(names as string, order),
    );
  }

  run(entry: Entry): Promise<void> {
    return settle(() => {
      if (!entries.includes(entry)) {
        throw new CardinalError(`a program runs ${entries.join(', ')}, got ${entry as string}`);
      }
      this.#live().run(entry);
    });
  }

  async dispose(options?: DisposeOptions): Promise<void> {
    await this.end(`plan "${this.plan.name}" was disposed of; load it again to use it`, drains(options));
  }

  /** As `dispose`, with a reason for those who are refused. */
  async end(reason: string, drain: boolean): Promise<void> {
    this.#ended ??= reason;
    const isIdle = !this.#turns.busy;
    const over = this.#turns.close({ drain, reason: this.#ended });
    if (isIdle) void this.#free();
    await over;
    await this.#free();
  }

  /** For its device, which ends: not even the work whose turn it is goes on. */
  async cutOff(reason: string): Promise<void> {
    this.#ended = reason;
    void this.#turns.close({ reason });
    await this.#free();
  }

  #free(): Promise<void> {
    if (this.#loaded !== undefined) {
      this.#freed = this.#loaded.release();
      this.#loaded = undefined;
      this.#onFree();
    }
    return this.#freed;
  }

  #live(): Loaded {
    if (this.#loaded === undefined) throw new DisposedError(this.#ended);
    return this.#loaded;
  }
}

/** What was thrown becomes a promise that rejects with it. */
function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

/** The programs of one backend, which end with it. */
export class Programs {
  readonly #ended: string;
  readonly #programs = new Set<HostProgram>();
  #disposed = false;

  /** `backend` is its name. */
  constructor(backend: string) {
    this.#ended = `the ${backend} backend was disposed of; create another to use it`;
  }

  /** @throws {DisposedError} if the backend was disposed of, maybe while the program was being loaded. */
  check(): void {
    if (this.#disposed) throw new DisposedError(this.#ended);
  }

  /** @throws {DisposedError} as `check`. */
  add(plan: Plan, loaded: Loaded): HostProgram {
    this.check();
    const program = new HostProgram(plan, loaded, () => this.#programs.delete(program));
    this.#programs.add(program);
    return program;
  }

  /** Refuses new programs and new work of those that there are; resolves when what was accepted is over. */
  async drain(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#programs].map((program) => program.end(this.#ended, true)));
  }

  /** Cuts all programs off. May be called again. */
  async cutOff(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#programs].map((program) => program.cutOff(this.#ended)));
  }
}
