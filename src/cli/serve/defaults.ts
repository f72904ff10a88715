import { defaultLimits } from '../../serve/limits.ts';

/** How much the log says, least first. */
export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What `cardinal serve` does unless flags say otherwise. */
export const defaults = {
  host: '127.0.0.1',
  port: 8080,
  maxBatch: 8,
  /** Milliseconds. */
  maxDelay: 0,
  /** Pictures. */
  queue: defaultLimits.queue,
  /** Seconds. */
  timeout: defaultLimits.timeout,
  /** MiB. */
  maxBody: defaultLimits.bodyBytes / 2 ** 20,
  /** Seconds: with those that a batch may still take, fewer than the ten after which `docker stop` kills. */
  grace: 7,
  /** Seconds. */
  drainDelay: 0,
  logLevel: 'info',
} as const;
