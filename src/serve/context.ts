import type { FastifyInstance } from 'fastify';

import type { Life } from './life.ts';
import type { ConnectionLimits, ServeLimits } from './limits.ts';
import type { ServeMetrics } from './metrics/serve-metrics.ts';
import type { ServedModels } from './models/served-models.ts';
import type { Calls } from './safety/calls.ts';
import type { Hosts } from './safety/hosts.ts';
import type { KeyCheck } from './safety/key.ts';
import type { TlsOptions } from './tls.ts';

/** What each part of a server has. */
export interface ServeContext {
  readonly models: ServedModels;
  readonly limits: ServeLimits;
  readonly connection: ConnectionLimits;
  readonly life: Life;
  readonly metrics: ServeMetrics;
  /** What was accepted and is not over. Requests of HTTP are there already (`callOf`); another protocol opens its own. */
  readonly calls: Calls;
  /** Names by which it may be called. Requests of HTTP are checked already. */
  readonly hosts: Hosts;
  /** For whatever listens. */
  readonly tls: TlsOptions | undefined;
  /** Whether headers have the key of this server. Requests of HTTP are checked already. */
  readonly hasKey: KeyCheck;
}

/**
 * A part of the server: its routes. Each part has a scope of its own within the same fastify instance, so that error handler,
 * content types and hooks are its own. What guards every request is there already.
 */
export type ServePart = (app: FastifyInstance, context: ServeContext) => void | Promise<void>;

/**
 * What a route is, in its `config: { kind }`. One that `computes` takes a place in the queue before its body is read. One that is
 * `open` needs no key and answers while the server drains. Default, `reads`: it needs the key and takes no place.
 */
export type RouteKind = 'computes' | 'reads' | 'open';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly kind?: RouteKind;
  }
}
