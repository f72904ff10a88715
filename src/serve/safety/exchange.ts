import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { Call } from './calls.ts';

/** What is known of a request beside what fastify knows. */
export interface Exchange {
  /** Once it is accepted. */
  call?: Call;
  /** Whether its handler has begun, which answers from then on. */
  isHandled?: boolean;
  /** Of the error that it was answered with. */
  errorCode?: string;
}

const decorator = 'cardinalExchange';

export function decorateRequests(app: FastifyInstance): void {
  app.decorateRequest(decorator);
}

export function exchangeOf(request: FastifyRequest): Exchange {
  const known = request.getDecorator<Exchange | undefined>(decorator);
  if (known !== undefined) return known;
  const exchange = {};
  request.setDecorator<Exchange>(decorator, exchange);
  return exchange;
}

/** The call that a request is: of every route that is not `open`. */
export function callOf(request: FastifyRequest): Call {
  const { call } = exchangeOf(request);
  if (call === undefined) throw new Error('this route is open: its requests are not calls');
  return call;
}
