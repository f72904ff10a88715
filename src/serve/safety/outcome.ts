import type { FastifyBaseLogger } from 'fastify';

import { shortened } from '../../base/quoted.ts';
import type { ServeMetrics } from '../metrics/serve-metrics.ts';
import type { CallNotes } from './calls.ts';

/** A request that is over. */
export interface Outcome {
  /** Its id, if the log does not know it already. */
  readonly request?: string;
  readonly method: string;
  /** With the query, which is left out. */
  readonly url: string;
  /** The pattern of its route. */
  readonly route: string;
  /** Whether its client has the answer. */
  readonly isFinished: boolean;
  readonly status: number;
  /** Of its error. */
  readonly code: string | undefined;
  readonly ms: number;
  readonly from: string | undefined;
  readonly notes?: CallNotes | undefined;
}

/** nginx's word for a connection that its client closed before the answer. */
const closedStatus = 499;

/**
 * Counts it, and writes its line. What its client chose, the path, is shortened and made visible, and JSON keeps it in its place;
 * queries, headers and bodies are left out: they have keys and pictures.
 */
export function record(
  { request, method, url, route, isFinished, ms, from, notes, ...answer }: Outcome,
  { metrics, log }: { readonly metrics: ServeMetrics; readonly log: FastifyBaseLogger },
): void {
  const status = isFinished ? answer.status : closedStatus;
  const error = isFinished ? answer.code : 'closed';
  metrics.request(route, status, ms / 1000);
  if (error !== undefined) metrics.error(error);
  const [path] = url.split('?', 1);
  log.info(
    {
      ...(request === undefined ? {} : { request }),
      method,
      path: shortened(path, 200),
      route,
      status,
      ...(error === undefined ? {} : { error }),
      ms: Math.round(ms * 10) / 10,
      from,
      ...notes,
    },
    'request',
  );
}
