import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ConnectionError } from 'fastify';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import {
  DeviceLostError,
  DisposedError,
  QueueFullError,
  ShortageError,
  UnreadableError,
} from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import { howToRaise } from '../../data/picture-limits.ts';
import { errorAnswer, ServeError, setErrorShape, type ErrorShape } from '../errors.ts';
import { exchangeOf } from '../safety/exchange.ts';
import { nothingHere } from '../safety/guard.ts';

/**
 * Whatever was thrown, as what a client may know of it. Messages about its picture and its request are for it; of anything else it
 * learns nothing but that it failed.
 */
export function serveErrorOf(thrown: unknown): ServeError {
  if (thrown instanceof ServeError) return thrown;
  if (thrown instanceof QueueFullError) {
    const headers = { 'retry-after': String(Math.max(1, Math.ceil(thrown.retryAfter))) };
    return new ServeError(429, 'queue_full', 'the model has as many pictures as it takes', { headers });
  }
  if (thrown instanceof DisposedError || thrown instanceof DeviceLostError) {
    return new ServeError(503, 'model_unavailable', 'the model is not there just now; try again', {
      headers: { 'retry-after': '1' },
    });
  }
  if (thrown instanceof ShortageError) {
    return new ServeError(503, 'out_of_memory', 'the server is short of memory or files; try again', {
      headers: { 'retry-after': '5' },
    });
  }
  if (thrown instanceof UnreadableError) {
    return new ServeError(422, 'unreadable_picture', thrown.message.replace(howToRaise, ofServer));
  }
  return fromFastify(thrown) ?? new ServeError(500, 'internal', 'the server failed at this request');
}

/** For a client, who has no flags: whose limit it is. */
const ofServer = ', the limit of this server';

/** Fastify's own refusals, and those of its plugins. */
function fromFastify(thrown: unknown): ServeError | undefined {
  const { statusCode = 500, code, message } = thrown as Partial<FastifyError>;
  if (!(thrown instanceof Error) || statusCode < 400 || statusCode > 499) return undefined;
  const known = code === undefined ? undefined : fastifyCodes[code];
  return new ServeError(statusCode, known ?? 'bad_request', shortened(message ?? '', 300));
}

const fastifyCodes: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_REQ_FILE_TOO_LARGE: 'body_too_large',
  FST_FILES_LIMIT: 'too_many_pictures',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

/** Errors of every part below `app`, and addresses that nothing stands at, in the one shape or in a protocol's own. */
export function answerErrors(app: FastifyInstance, shapeOf: ErrorShape = errorAnswer): void {
  setErrorShape(app, shapeOf);
  app.setErrorHandler((thrown, request, reply) => {
    const error = serveErrorOf(thrown);
    noteError(thrown, error, request);
    // Of who was late, the rest of a body is not waited for either.
    if (exchangeOf(request).call?.signal.aborted === true && !request.raw.complete) {
      reply.header('connection', 'close');
    }
    return reply.code(error.status).headers(error.headers).send(shapeOf(error));
  });
  app.setNotFoundHandler((request) => {
    throw nothingHere(request);
  });
}

/** For the request's line in the log; what is the server's own fault has its stack there, too. */
function noteError(thrown: unknown, { status, code }: ServeError, request: FastifyRequest): void {
  exchangeOf(request).errorCode = code;
  if (status >= 500 && !(thrown instanceof ServeError)) request.log.error({ err: thrown }, 'failed');
}

/** Addresses that cannot be decoded never reach a route. */
export function answerBadAddress(_error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const error = new ServeError(
    400,
    'bad_address',
    'the address cannot be decoded, or a name in it is too long',
  );
  void reply.code(error.status).send(errorAnswer(error));
}

/**
 * What is no request of HTTP, or none in time, is answered as far as it can be, and cut off. Returns the error's `code`.
 */
export function answerNoRequest({ code }: ConnectionError, socket: Socket): string {
  const error =
    code === 'ECONNRESET'
      ? hungUp
      : (noRequests[code] ?? new ServeError(400, 'bad_request', 'expected HTTP'));
  if (socket.writable && error !== hungUp) {
    const body = JSON.stringify(errorAnswer(error));
    const head = [
      `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroySoon();
  return error.code;
}

const hungUp = new ServeError(499, 'closed', 'the client closed the connection');
const noRequests: Readonly<Record<string, ServeError | undefined>> = {
  ERR_HTTP_REQUEST_TIMEOUT: new ServeError(408, 'slow_request', 'the request did not arrive in time'),
  HPE_HEADER_OVERFLOW: new ServeError(431, 'headers_too_large', 'the headers are too large'),
};
