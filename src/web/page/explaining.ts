import type { Channel } from '../../base/channel/service.ts';
import type { ExplainService } from '../engine/explain-service.ts';
import type { PageEngine } from './engine.ts';

/** The engine that explains, and what it knows the classifier by. */
export interface Explained {
  readonly channel: Channel<ExplainService>;
  readonly number: number;
}

/** A second engine of a classifier, with its network once more: it is started when something is asked of it, and then stays. */
export class Explaining {
  readonly #start: () => Promise<PageEngine<ExplainService>>;
  readonly #open: (channel: Channel<ExplainService>) => Promise<number>;
  #engine: PageEngine<ExplainService> | undefined;
  #opened: Promise<Explained> | undefined;
  #ended: Error | undefined;

  constructor(
    start: () => Promise<PageEngine<ExplainService>>,
    open: (channel: Channel<ExplainService>) => Promise<number>,
  ) {
    this.#start = start;
    this.#open = open;
  }

  /** Throws a `CardinalError` if it cannot start, or has no room for the network. */
  opened(): Promise<Explained> {
    this.#opened ??= this.#begin().catch((error: unknown) => {
      // Another try may succeed.
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  end(error: Error): void {
    this.#ended ??= error;
    this.#engine?.end(error);
  }

  async #begin(): Promise<Explained> {
    const engine = await this.#start();
    if (this.#ended !== undefined) engine.end(this.#ended);
    this.#engine = engine;
    engine.onEnd(() => {
      this.#opened = undefined;
    });
    const { channel } = engine;
    try {
      return { channel, number: await this.#open(channel) };
    } catch (error) {
      engine.end(new Error('the network was not loaded'));
      throw error;
    }
  }
}
