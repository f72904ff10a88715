import * as z from 'zod/mini';

import { CardinalError } from '../base/errors.ts';
import { isPlain } from '../base/options.ts';
import { validate } from '../base/validate.ts';
import { Classifier } from '../use/classifier.ts';
import { defaultConnectionLimits, defaultLimits, type ConnectionLimits, type ServeLimits } from './limits.ts';
import { ServedModels, type ModelSource } from './models/served-models.ts';
import { isHostName } from './safety/hosts.ts';
import { isKey } from './safety/key.ts';
import type { LoggerOptions } from './safety/log.ts';
import { areTls, type TlsOptions } from './tls.ts';

/** Options that are undefined count as left out. */
type Optional<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** How `createServer` serves. */
export interface ServerOptions extends Optional<ServeLimits> {
  /**
   * What is served: models to load, which the server closes with itself; some that are loaded (`ServedModels`), or classifiers by name,
   * which belong to whoever made them.
   */
  readonly models: readonly ModelSource[] | ServedModels | Readonly<Record<string, Classifier>>;
  /**
   * What clients must send, as `Authorization: Bearer …` or `X-API-Key`; of several, any. Default: the environment's CARDINAL_API_KEY;
   * without it, no key.
   */
  readonly key?: string | readonly string[] | undefined;
  /** Origins whose pages may call the server, `https://example.org` say; `*` for any. Default none. */
  readonly cors?: readonly string[] | undefined;
  /**
   * Names by which clients may call the server, `classifier.example.org` say; `*` for any. Addresses and localhost are always allowed.
   * Default: no other names where it listens on loopback only, elsewhere any.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Serves HTTPS, and gRPC over TLS. Default: neither. */
  readonly tls?: TlsOptions | undefined;
  /** JSON lines, one a request: `true` writes them to standard output. Default false. */
  readonly logger?: boolean | LoggerOptions | undefined;
  /** What a connection may cost: how slowly a client may send and read. */
  readonly connection?: Optional<ConnectionLimits> | undefined;
  /** Seconds that accepted requests have to finish when the server closes. Default 30. */
  readonly grace?: number | undefined;
  /** Seconds for which a server that closes still accepts requests, while its readiness is false already. Default 0. */
  readonly drainDelay?: number | undefined;
}

const whole = z.int().check(z.gte(1));
const seconds = z.number().check(z.gt(0), z.lte(86_400));

const limitsSchema = {
  bodyBytes: z._default(whole, defaultLimits.bodyBytes),
  pictures: z._default(whole, defaultLimits.pictures),
  maxPixels: z._default(whole, defaultLimits.maxPixels),
  decodeSeconds: z._default(z.int().check(z.gte(1), z.lte(3600)), defaultLimits.decodeSeconds),
  queue: z._default(whole, defaultLimits.queue),
  heldBytes: z._default(whole, defaultLimits.heldBytes),
  timeout: z._default(seconds, defaultLimits.timeout),
};

const connectionSchema = z.strictObject({
  connections: z._default(whole, defaultConnectionLimits.connections),
  headerBytes: z._default(z.int().check(z.gte(1024)), defaultConnectionLimits.headerBytes),
  headersSeconds: z._default(seconds, defaultConnectionLimits.headersSeconds),
  requestSeconds: z._default(seconds, defaultConnectionLimits.requestSeconds),
  responseSeconds: z._default(seconds, defaultConnectionLimits.responseSeconds),
  keepAliveSeconds: z._default(seconds, defaultConnectionLimits.keepAliveSeconds),
});

const key = z.string().check(z.refine(isKey, { error: 'expected letters, digits and signs without spaces' }));

const origin = z.string().check(
  z.refine((text) => text === '*' || isOrigin(text), {
    error: 'expected an origin such as https://example.org, or *',
  }),
);

const hostName = z
  .string()
  .check(z.refine(isHostName, { error: 'expected the name of a host, without a port, or *' }));

const pem = z.union([z.string(), z.instanceof(Uint8Array)]);
const tls = z
  .strictObject({ cert: pem, key: pem })
  .check(z.refine(areTls, { error: 'expected a certificate and its private key, as PEM' }));

const logger = z.strictObject({
  level: z.optional(z.enum(['debug', 'info', 'warn', 'error'])),
  stream: z.optional(z.custom<{ write(line: string): void }>(isWritable, 'expected an object with write')),
});

const schema = z.strictObject({
  models: z.custom<ServerOptions['models']>(
    areModels,
    'expected a list of { weights, name? }, ServedModels, or classifiers by name, at least one',
  ),
  key: z.optional(z.union([key, z.array(key).check(z.minLength(1))])),
  cors: z._default(z.array(origin), []),
  allowedHosts: z.optional(z.array(hostName)),
  tls: z.optional(tls),
  logger: z._default(z.union([z.boolean(), logger]), false),
  connection: z._default(connectionSchema, defaultConnectionLimits),
  grace: z._default(z.number().check(z.gte(0), z.lte(86_400)), 30),
  drainDelay: z._default(z.number().check(z.gte(0), z.lte(3600)), 0),
  ...limitsSchema,
});

/** The options with defaults filled in. */
export interface ServerSetup {
  readonly models: ServerOptions['models'];
  readonly keys: readonly string[];
  readonly cors: readonly string[];
  readonly allowedHosts: readonly string[] | undefined;
  readonly tls: TlsOptions | undefined;
  readonly logger: boolean | LoggerOptions;
  readonly connection: ConnectionLimits;
  readonly grace: number;
  readonly drainDelay: number;
  readonly limits: ServeLimits;
}

/** Throws a `CardinalError` of one line for options that are none: callers may be plain JavaScript. */
export function serverSetup(
  options: ServerOptions,
  environment: { readonly CARDINAL_API_KEY?: string | undefined },
): ServerSetup {
  const given = validate(schema, options, 'createServer');
  const {
    models,
    cors,
    allowedHosts,
    tls,
    logger,
    connection,
    grace,
    drainDelay,
    key: own,
    ...limits
  } = given;
  const keys = own ?? environment.CARDINAL_API_KEY ?? [];
  if (limits.bodyBytes > limits.heldBytes) {
    throw new CardinalError(
      `createServer: expected heldBytes of at least bodyBytes, ${limits.bodyBytes}, got ${limits.heldBytes}`,
    );
  }
  if (connection.headersSeconds > connection.requestSeconds) {
    throw new CardinalError(
      'createServer: expected connection.headersSeconds of at most connection.requestSeconds: headers are a part of the request',
    );
  }
  const fromEnvironment = own === undefined && typeof keys === 'string';
  return {
    ...{ models, cors, allowedHosts, tls, logger, connection, grace, drainDelay, limits },
    keys: fromEnvironment ? [validate(key, keys, 'the environment, CARDINAL_API_KEY')] : [keys].flat(),
  };
}

function areModels(value: unknown): boolean {
  if (value instanceof ServedModels) return true;
  if (Array.isArray(value)) return value.length > 0 && value.every(isSource);
  if (!isPlain(value)) return false;
  const classifiers = Object.values(value);
  return classifiers.length > 0 && classifiers.every((one) => one instanceof Classifier);
}

function isSource(value: unknown): boolean {
  if (!isPlain(value)) return false;
  const { weights } = value as Partial<ModelSource>;
  return typeof weights === 'string' || weights instanceof URL;
}

function isWritable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'write' in value && typeof value.write === 'function';
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
