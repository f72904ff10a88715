import type { Times } from '../../use/batch/options.ts';

/** What is counted and timed of a server. */
export interface ServeMetrics {
  /** A request is over: the route's pattern (never the address that a client made up), the status, seconds in all. */
  request(route: string, status: number, seconds: number): void;
  /** One picture is answered. */
  stage(model: string, times: Times): void;
  /** Something failed: the `code` of its error. */
  error(kind: string): void;
  /** Pictures that were accepted and are not answered, and bytes that they hold. */
  queue(pictures: number, bytes: number): void;
  /** All of it, in the format that Prometheus reads. */
  render(): Promise<Rendered>;
  /**
   * Has `render` give another text in the same format: processes that share a port answer with the sum of what each counts, which
   * prom-client's AggregatorRegistry makes of their `samples`.
   */
  renderBy(text: () => Promise<string>): void;
  /** All of it as plain data, as prom-client's registry lists it. */
  samples(): Promise<readonly object[]>;
  /** Stops counting what the models do. */
  close(): void;
}

/** Metrics on their way to whoever collects them. */
export interface Rendered {
  readonly contentType: string;
  readonly text: string;
}
