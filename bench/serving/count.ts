import { z } from 'zod/mini';

/** What came of requests to a server. */
export const loadedSchema = z.object({
  /** Requests that were sent. Of a closed loop, without those that were under way at its end. */
  sent: z.int(),
  /** By status. */
  answered: z.record(z.string(), z.int()),
  /** Sent, and not answered within `patience`. */
  none: z.int(),
  /** Answered with 200. */
  accepted: z.int(),
  /** Milliseconds of those, but of a closed loop's first. */
  latencies: z.array(z.number()),
  /** From the first request until the last answer with 200. */
  seconds: z.number(),
});
export type Loaded = z.infer<typeof loadedSchema>;

/** What is used of autocannon, which has no types and lies in bench/node_modules, if it was installed there. */
export type Autocannon = (
  options: { readonly setupClient: (client: Client) => void },
  done: (error: Error | null) => void,
) => Tracker;
interface Tracker {
  on(
    event: 'response',
    listener: (client: object, status: number, bytes: number, milliseconds: number) => void,
  ): void;
  stop(): void;
}

/** A connection of autocannon's. */
interface Client {
  /** Requests that it may send, and has sent. */
  responseMax: number;
  readonly reqsMade: number;
  on(event: 'request', listener: () => void): void;
}

/** Counts what comes of requests that autocannon sends. */
export class Count {
  readonly #answered = new Map<number, number>();
  readonly #latencies: number[] = [];
  readonly #begun = performance.now();
  readonly #clients: Client[] = [];
  #sent = 0;
  #last = 0;

  /** Resolves when autocannon is done; it is stopped after so many seconds. */
  async run(autocannon: Autocannon, options: object, most = Infinity): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const setupClient = (client: Client): void => {
        this.#clients.push(client);
        client.on('request', () => this.#sent++);
      };
      const tracker = autocannon({ ...options, setupClient }, (error) => {
        clearTimeout(timer);
        if (error === null) resolve();
        else reject(error);
      });
      const stop = (): void => {
        tracker.stop();
      };
      const timer = most === Infinity ? undefined : setTimeout(stop, 1000 * most);
      tracker.on('response', (_client, status, _bytes, milliseconds) => {
        this.#answered.set(status, (this.#answered.get(status) ?? 0) + 1);
        if (status !== 200) return;
        this.#latencies.push(milliseconds);
        this.#last = performance.now();
      });
    });
  }

  /** No connection sends any more; those that wait for an answer go on waiting. */
  sendNoMore(): void {
    for (const client of this.#clients) client.responseMax = client.reqsMade;
  }

  /**
   * `openEnd`: requests that may be under way when it ends. `first`: answers whose time does not count, because the queue was not what it is
   * later.
   */
  result({ openEnd, first }: { readonly openEnd: number; readonly first: number }): Loaded {
    const answers = [...this.#answered.values()].reduce((sum, count) => sum + count, 0);
    const none = Math.max(0, this.#sent - answers - openEnd);
    return {
      sent: answers + none,
      answered: Object.fromEntries(this.#answered),
      none,
      accepted: this.#latencies.length,
      latencies: this.#latencies.length > first ? this.#latencies.slice(first) : this.#latencies,
      seconds: (this.#last - this.#begun) / 1000,
    };
  }
}
