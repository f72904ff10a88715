import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { METHODS } from 'node:http';

import type { RouteKind, ServeContext } from '../context.ts';
import { ServeError } from '../errors.ts';
import type { ServeLimits } from '../limits.ts';
import { announcedBytes, cutOffSlowReader, hasFewHeaders, tooManyHeaders } from './bounds.ts';
import type { Call } from './calls.ts';
import { decorateRequests, exchangeOf } from './exchange.ts';
import { otherHost } from './hosts.ts';
import { noKey } from './key.ts';
import { record } from './outcome.ts';
import type { Pipelines } from './pipeline.ts';

/**
 * What every request of every part goes through: key, place in the queue, deadline, and the end of all that when its client has the
 * answer or hangs up; then its line in the log.
 */
export function guard(app: FastifyInstance, context: ServeContext, pipelines: Pipelines): void {
  const { responseSeconds } = context.connection;
  decorateRequests(app);
  app.addHook('onRequest', async (request, reply) => {
    // Of who hung up before, while a host's hooks looked at him, nothing would say any more that he is gone.
    if (reply.raw.destroyed) return reply.hijack();
    reply.header('x-request-id', request.id);
    const isFollowed = pipelines.follow(request.raw, reply.raw, followed(request, reply, context));
    if (!isFollowed) {
      context.metrics.error('too_many_ahead');
      reply.hijack();
      request.raw.socket.destroy();
      return;
    }
    if (!hasFewHeaders(request.raw)) throw tooManyHeaders;
    if (!context.hosts.allows(request.headers.host)) throw otherHost;
    const kind = kindOf(request);
    if (kind !== 'open') {
      if (!context.hasKey(request.headers)) throw noKey;
      const call = accept(request, kind, context);
      exchangeOf(request).call = call;
      answerIfAborted(call, request, reply);
    }
    // Fastify would take in its body first, which nobody has counted.
    if (request.is404) throw nothingHere(request);
    // Only now is a client asked for the body that it announced.
    if (request.headers.expect?.toLowerCase() === '100-continue') reply.raw.writeContinue();
  });
  app.addHook('preHandler', (request, _reply, done) => {
    const exchange = exchangeOf(request);
    exchange.call?.signal.throwIfAborted();
    exchange.isHandled = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    cutOffSlowReader(reply.raw, responseSeconds);
    done();
  });
}

function kindOf(request: FastifyRequest): RouteKind {
  const { kind = 'reads' } = request.routeOptions.config;
  return request.is404 ? 'reads' : kind;
}

function accept(request: FastifyRequest, kind: RouteKind, { calls, limits }: ServeContext): Call {
  const bytes = announcedBytes(request.headers, limits.bodyBytes);
  if (typeof bytes !== 'number') throw bytes;
  const seconds = secondsOf(request, limits);
  return calls.open({ seconds, bytes: kind === 'computes' ? bytes : undefined });
}

/** One for each method: no stack is of use to anybody. */
const nothings = new Map(METHODS.map((method) => [method, nothingToDo(method)]));

function nothingToDo(method: string): ServeError {
  return new ServeError(404, 'not_found', `there is nothing at this address to ${method}`);
}

export function nothingHere({ method }: Pick<FastifyRequest, 'method'>): ServeError {
  return nothings.get(method) ?? nothingToDo(method);
}

function secondsOf({ headers }: FastifyRequest, { timeout }: ServeLimits): number {
  const given = headers['x-request-timeout'];
  if (given === undefined) return timeout;
  const seconds = typeof given === 'string' && /^\d{1,9}(\.\d{1,9})?$/.test(given) ? Number(given) : 0;
  if (seconds > 0) return Math.min(seconds, timeout);
  throw new ServeError(400, 'bad_timeout', 'x-request-timeout: expected seconds, 2.5 say');
}

/** If a call is aborted before its handler has begun, nobody else answers for it. */
function answerIfAborted(call: Call, request: FastifyRequest, reply: FastifyReply): void {
  call.signal.addEventListener('abort', () => {
    if (exchangeOf(request).isHandled === true || reply.sent) return;
    // The rest of the body is not waited for.
    reply.header('connection', 'close');
    reply.send(call.signal.reason);
  });
}

/** What is to be done once the answer is over, or can never be: its call ends; its line in the log, and its numbers. */
function followed(request: FastifyRequest, reply: FastifyReply, { metrics }: ServeContext): () => void {
  let isFinished = false;
  reply.raw.once('finish', () => (isFinished = true));
  return () => {
    const { call, errorCode } = exchangeOf(request);
    call?.end();
    const { method, url, ip: from } = request;
    record(
      {
        ...{ method, url, from, isFinished, code: errorCode, status: reply.statusCode },
        route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
        ms: reply.elapsedTime,
        notes: call?.notes,
      },
      { metrics, log: request.log },
    );
  };
}
