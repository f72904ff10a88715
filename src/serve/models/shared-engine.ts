import type { Backend } from '../../backends/backend.ts';
import { DeviceLostError, DisposedError } from '../../base/errors.ts';

/**
 * The backend of all models: it has as many threads as the machine has processors, and those of a second one would only take turns with
 * them. When it is lost, whoever meets that first has another made, for all.
 */
export class SharedEngine {
  readonly #create: () => Promise<Backend>;
  readonly #lost = new WeakSet<Backend>();
  /** Those that were lost, until they are gone. */
  readonly #ending = new Set<Promise<void>>();
  #current: Promise<Backend> | undefined;
  #closed = false;

  constructor(create: () => Promise<Backend>) {
    this.#create = create;
  }

  /** Does `work` with the backend; once more with another if it is lost meanwhile. @throws {DisposedError} after `dispose`. */
  async during<T>(work: (backend: Backend) => Promise<T>): Promise<T> {
    const backend = await this.#living();
    try {
      return await work(backend);
    } catch (error) {
      if (!this.met(error, backend)) throw error;
      return await work(await this.#living());
    }
  }

  isLost(backend: Backend): boolean {
    return this.#lost.has(backend);
  }

  /** Whether an error of what computes on `backend` says that it is gone; then nobody is given it any more. */
  met(error: unknown, backend: Backend): boolean {
    if (error instanceof DeviceLostError) this.#lose(backend);
    // What is lost is disposed of, which others may meet first.
    return (error instanceof DeviceLostError || error instanceof DisposedError) && this.isLost(backend);
  }

  async dispose(): Promise<void> {
    this.#closed = true;
    const current = await this.#current?.catch(() => undefined);
    await Promise.all([current?.dispose(), ...this.#ending]);
  }

  #lose(backend: Backend): void {
    if (this.isLost(backend)) return;
    this.#lost.add(backend);
    const ended = backend.dispose().catch(() => undefined);
    this.#ending.add(ended);
    void ended.then(() => this.#ending.delete(ended));
  }

  async #living(): Promise<Backend> {
    for (;;) {
      if (this.#closed) throw new DisposedError('the models were closed; load them again to use them');
      const made = (this.#current ??= this.#create());
      let backend: Backend | undefined;
      try {
        backend = await made;
        if (!this.isLost(backend)) return backend;
      } finally {
        // The next who needs it has another made.
        if ((backend === undefined || this.isLost(backend)) && this.#current === made)
          this.#current = undefined;
      }
    }
  }
}
