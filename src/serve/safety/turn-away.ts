import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import findMyWay from 'find-my-way';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RouteKind, ServeContext } from '../context.ts';
import { errorShapeOf, type ErrorShape } from '../errors.ts';
import { routerOptions } from '../router-options.ts';
import { announcedBytes, cutOffSlowReader, hasFewHeaders } from './bounds.ts';
import { safetyHeaders } from './headers.ts';
import { record } from './outcome.ts';
import type { Pipelines } from './pipeline.ts';
import { requestId } from './request-id.ts';

export interface TurnAwayOptions {
  readonly pipelines: Pipelines;
  /** Whether pages of other origins may read answers, which then have headers of their own. */
  readonly hasCors: boolean;
}

interface Route {
  readonly kind: RouteKind | undefined;
  readonly url: string;
  readonly shape: ErrorShape;
}

/**
 * Refuses requests before fastify sees them. With a full queue most are refused, and what that costs is missing where the others are
 * computed. Key, limits, headers, log and metrics are those of the long way, which takes whatever is not certain to be refused.
 */
export class TurnAway {
  readonly #context: ServeContext;
  readonly #log: FastifyBaseLogger;
  readonly #options: TurnAwayOptions;
  /** Finds what fastify's would: it is the same router, with the same settings. */
  readonly #router = findMyWay(routerOptions);
  #hasConstraints = false;

  /** Knows the routes that are added to `app` from now on. */
  constructor(app: FastifyInstance, context: ServeContext, options: TurnAwayOptions) {
    this.#context = context;
    this.#log = app.log;
    this.#options = options;
    const add = (method: string, route: Route): void => {
      const verb = method as findMyWay.HTTPMethod;
      // Fastify itself complains of a route that is there twice.
      if (!this.#router.hasRoute(verb, route.url)) this.#router.on(verb, route.url, () => undefined, route);
    };
    const constrained = (): void => {
      this.#hasConstraints = true;
    };
    app.addHook('onRoute', function ({ method, url, config, constraints }) {
      if (constraints !== undefined && Object.keys(constraints).length > 0) constrained();
      const route: Route = { url, kind: config?.kind, shape: errorShapeOf(this) };
      for (const one of [method].flat()) add(one, route);
    });
  }

  /** Whether it was refused, and the request is answered so. */
  answers(request: IncomingMessage, response: ServerResponse): boolean {
    const began = performance.now();
    const { calls, limits, metrics, connection } = this.#context;
    const bytes = announcedBytes(request.headers, limits.bodyBytes);
    const refusal = typeof bytes === 'number' ? calls.refusal(bytes) : undefined;
    if (refusal === undefined || !this.#isPlain(request)) return false;
    const route = this.#routeOf(request);
    if (route?.kind !== 'computes') return false;
    const id = requestId(request);
    let isFinished = false;
    const isFollowed = this.#options.pipelines.follow(request, response, () => {
      const { method = '', url = '', socket } = request;
      const { status, code } = refusal;
      const ms = performance.now() - began;
      const of = { method, url, ms, from: socket.remoteAddress, route: route.url };
      record({ request: id, isFinished, status, code, ...of }, { metrics, log: this.#log });
    });
    if (!isFollowed) return false;
    response.once('finish', () => (isFinished = true));
    cutOffSlowReader(response, connection.responseSeconds);
    const body = JSON.stringify(route.shape(refusal));
    response.writeHead(refusal.status, {
      ...safetyHeaders,
      ...refusal.headers,
      'x-request-id': id,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
    return true;
  }

  /** Whether nothing but the full queue stands against it. */
  #isPlain(request: IncomingMessage): boolean {
    const { hosts, hasKey } = this.#context;
    const { headers } = request;
    return (
      headers['x-request-timeout'] === undefined &&
      !(this.#options.hasCors && headers.origin !== undefined) &&
      hasFewHeaders(request) &&
      hosts.allows(headers.host) &&
      hasKey(headers)
    );
  }

  #routeOf({ method, url = '' }: IncomingMessage): Route | undefined {
    if (this.#hasConstraints) return undefined;
    return this.#router.find(method as findMyWay.HTTPMethod, url)?.store as Route | undefined;
  }
}
