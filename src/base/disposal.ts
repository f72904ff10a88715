import { checkOptions, flag, type Kinds } from './options.ts';

/** How something that serves callers ends. */
export interface DisposeOptions {
  /**
   * Finish first what was accepted, whatever waits included; new work is refused. Default false: what waits is refused, too, and
   * only what is being computed ends.
   */
  readonly drain?: boolean | undefined;
}

const kinds: Kinds<DisposeOptions> = { drain: flag };

/** Whether to drain. Throws a `UsageError` for options that a plain JavaScript caller made up. */
export function drains(options: DisposeOptions | undefined): boolean {
  checkOptions('dispose', options, kinds);
  return options?.drain === true;
}

/** What it takes to end something that serves callers. */
export interface Ending {
  /** Refuses new work; resolves when what was accepted is over. */
  drain(): Promise<unknown>;
  /** Refuses what waits as well; resolves when what is being computed is over. */
  cut(): Promise<unknown>;
  /** Frees memory and threads, and resolves when they are free. Called once. */
  free(): Promise<unknown>;
}

/**
 * The one end of an object, however often and by however many it is asked for. Whoever asks without `drain` cuts short the
 * draining that somebody else began.
 */
export class Disposal {
  readonly #ending: Ending;
  readonly #cut = Promise.withResolvers<unknown>();
  #over: Promise<void> | undefined;

  constructor(ending: Ending) {
    this.#ending = ending;
  }

  async ask(options: DisposeOptions | undefined): Promise<void> {
    const drain = drains(options);
    if (!drain) this.#cut.resolve(this.#ending.cut());
    await (this.#over ??= this.#end(drain));
  }

  async #end(drain: boolean): Promise<void> {
    await (drain ? Promise.race([this.#ending.drain(), this.#cut.promise]) : this.#cut.promise);
    await this.#ending.free();
  }
}
