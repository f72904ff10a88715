import { DisposedError, UsageError } from '../../base/errors.ts';
import type { Backend } from '../../backends/backend.ts';
import type { ExplainService } from '../engine/explain-service.ts';
import type { EngineService } from '../engine/service.ts';
import { isBeyond } from '../beyond.ts';
import type { Networks } from '../scripts.ts';
import { startEngine, type EngineOptions, type EngineScript, type PageEngine } from './engine.ts';

/**
 * The engines of a backend, or of what has none: at first a small one, as a rule, for ResNets and ResNeXts. As soon as something needs
 * more, the complete one is started; if nothing was done in the small one yet, it ends, else both stay, each with what it holds.
 */
export class Engines {
  readonly #start: (networks: Networks) => Promise<PageEngine>;
  readonly #options: EngineOptions;
  #small: PageEngine | undefined;
  #complete: Promise<PageEngine> | undefined;
  #newest: PageEngine;
  /** What the small one holds, or is about to. */
  #held = 0;
  #closed: Error | undefined;

  private constructor(
    start: (networks: Networks) => Promise<PageEngine>,
    first: PageEngine,
    options: EngineOptions,
  ) {
    this.#start = start;
    this.#options = options;
    this.#newest = first;
    if (first.networks === 'all') this.#complete = Promise.resolve(first);
    else this.#small = first;
  }

  /** Starts the first. Throws a `CardinalError` if it cannot start, with the reason. */
  static async start(script: EngineScript, options: EngineOptions): Promise<Engines> {
    const start = (networks: Networks): Promise<PageEngine> => startEngine(script, { ...options, networks });
    return new Engines(start, await start(options.networks ?? 'resnext'), options);
  }

  /** The one that was started last. */
  get newest(): PageEngine {
    return this.#newest;
  }

  /**
   * Has an engine do something: the small one, unless it is known to need the complete one. What the small one refuses for want of
   * something, the complete one does: `refuses` tells such errors, by default those that say so.
   */
  async having<T>(
    needsAll: boolean,
    work: (engine: PageEngine) => Promise<T>,
    refuses: (error: unknown) => boolean = isBeyond,
  ): Promise<T> {
    if (this.#closed !== undefined) throw this.#closed;
    const small = this.#small;
    if (small !== undefined && !needsAll) {
      this.#held++;
      try {
        return await work(small);
      } catch (error) {
        this.#held--;
        if (!refuses(error)) throw error;
      }
    }
    return work(await this.#all());
  }

  /** Starts the one that explains, with the same options. It is whose who asks for it. */
  explaining(): Promise<PageEngine<EngineService & ExplainService>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return startEngine<ExplainService>('explain', { ...this.#options, networks: 'all' });
  }

  /** Starts none any more. */
  close(error: Error): void {
    this.#closed ??= error;
  }

  /** Ends all, with the reason for whoever waits for something. */
  end(error: Error): void {
    this.close(error);
    this.#small?.end(error);
    this.#newest.end(error);
  }

  async #all(): Promise<PageEngine> {
    this.#complete ??= this.#start('all').catch((error: unknown) => {
      this.#complete = undefined;
      throw error;
    });
    const engine = await this.#complete;
    this.#newest = engine;
    if (this.#closed !== undefined) {
      engine.end(this.#closed);
      throw this.#closed;
    }
    if (this.#held === 0) {
      this.#small?.end(new DisposedError('another engine took over'));
      this.#small = undefined;
    }
    return engine;
  }
}

const engines = new WeakMap<Backend, Engines>();

/** Remembers in which engines a backend computes. */
export function keepEngines(backend: Backend, of: Engines): void {
  engines.set(backend, of);
}

/** The engines of a backend that this page created. Throws a `UsageError` for any other. */
export function enginesOf(what: string, backend: Backend): Engines {
  const found = engines.get(backend);
  if (found !== undefined) return found;
  throw new UsageError(
    `${what}: expected a backend that createBackend of cardinal-nn/web gave, which has a worker, got another`,
  );
}
