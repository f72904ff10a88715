import { drains, type DisposeOptions } from '../base/disposal.ts';
import { CardinalError, DisposedError } from '../base/errors.ts';
import { Turns } from '../base/turns.ts';
import { entriesOf, type Entry, type Plan } from '../plan/plan.ts';
import type { Order, Program } from './backend.ts';

/** A program that a device has ready. Its methods are called in order, and not after `release`. */
export interface Loaded {
  /** As `Program.write`: has copied `data` when it returns. */
  write(name: string, data: Float32Array, order: Order): void;
  read(names: readonly string[], order: Order): Promise<Float32Array[]>;
  run(entry: Entry): Promise<void>;
  /** Tells the device that the program is not needed any more; resolves when its memory is free. */
  release(): Promise<void>;
}

/** How a program serves its callers, in turns, and ends: the same on every device. */
export class ServedProgram implements Program {
  readonly plan: Plan;
  #loaded: Loaded | undefined;
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
    this.#turns = new Turns(`plan "${plan.name}"`);
  }

  get busy(): boolean {
    return this.#turns.busy;
  }

  take<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#turns.take(work);
  }

  write(name: string, data: Float32Array, order: Order = 'contiguous'): void {
    this.#live().write(name, data, order);
  }

  read(name: string, order?: Order): Promise<Float32Array>;
  read(names: readonly string[], order?: Order): Promise<Float32Array[]>;
  async read(
    names: string | readonly string[],
    order: Order = 'contiguous',
  ): Promise<Float32Array | Float32Array[]> {
    const several = Array.isArray(names);
    const read = await this.#live().read(several ? (names as readonly string[]) : [names as string], order);
    return several ? read : read[0];
  }

  async run(entry: Entry): Promise<void> {
    const entries = entriesOf(this.plan.steps);
    if (!entries.includes(entry)) {
      throw new CardinalError(`a program runs ${entries.join(', ')}, got ${entry as string}`);
    }
    await this.#live().run(entry);
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

/** The programs of one backend, which end with it. */
export class ServedPrograms {
  readonly #ended: string;
  readonly #programs = new Set<ServedProgram>();
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
  serve(plan: Plan, loaded: Loaded): Program {
    this.check();
    const program = new ServedProgram(plan, loaded, () => this.#programs.delete(program));
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
