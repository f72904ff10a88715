import { LogController, type FastifyServerOptions } from 'fastify';

export interface LoggerOptions {
  /** Default `info`: a line a request. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | undefined;
  /** Where lines go. Default: standard output. */
  readonly stream?: { write(line: string): void } | undefined;
}

/** Fastify's settings of a log of ours: pino's JSON lines, and of requests only those that `record` writes. */
export function logSettings(
  logger: boolean | LoggerOptions,
): Pick<FastifyServerOptions, 'logger' | 'logController'> {
  const given = logger === true ? {} : logger;
  return {
    logger: given !== false && {
      level: given.level ?? 'info',
      ...(given.stream === undefined ? {} : { stream: given.stream }),
    },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
  };
}
