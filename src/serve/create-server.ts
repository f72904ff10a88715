import fastify, { type FastifyInstance } from 'fastify';

import { described } from '../base/described.ts';
import { withUndo } from '../base/endings.ts';
import { UsageError } from '../base/errors.ts';
import type { ServeContext, ServePart } from './context.ts';
import { answerBadAddress, answerErrors, answerNoRequest } from './http/errors.ts';
import { pictureRoutes } from './http/routes.ts';
import { Life } from './life.ts';
import { listenerFactory, type ListenerOptions } from './listener.ts';
import { prometheusMetrics } from './metrics/prometheus.ts';
import { metricsRoutes } from './metrics/routes.ts';
import type { ServeMetrics } from './metrics/serve-metrics.ts';
import { ServedModels } from './models/served-models.ts';
import { docsRoutes } from './openapi/routes.ts';
import { serverSetup, type ServerOptions, type ServerSetup } from './options.ts';
import { pageRoutes } from './page/routes.ts';
import { routerOptions } from './router-options.ts';
import { Admission } from './safety/admission.ts';
import { Calls } from './safety/calls.ts';
import { guard } from './safety/guard.ts';
import { registerHeaders } from './safety/headers.ts';
import { Hosts } from './safety/hosts.ts';
import { keyCheck } from './safety/key.ts';
import { logSettings } from './safety/log.ts';
import { Pipelines } from './safety/pipeline.ts';
import { requestId } from './safety/request-id.ts';
import { TurnAway } from './safety/turn-away.ts';
import { v2Part } from './v2/part.ts';

/** Each registers its routes in a scope of its own. @internal for tests */
export const parts: readonly ServePart[] = [pictureRoutes, v2Part, metricsRoutes, docsRoutes, pageRoutes];

const contexts = new WeakMap<object, ServeContext>();

/**
 * A server of classifiers: a fastify instance to listen with, `await server.listen({ port: 8080 })`, or to mount under the routes of
 * another program (`mount`); routes may be added to it. `await server.close()` drains it: readiness turns false, new requests are
 * refused, those that were accepted are finished, within `grace`; then models that the server loaded are disposed of.
 *
 *     const server = await createServer({ models: [{ weights: 'runs/demo/best.safetensors' }] });
 *     await server.listen({ port: 8080 });
 *
 * Throws a `CardinalError` if an option is wrong or a model cannot be loaded.
 */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const setup = serverSetup(options, process.env);
  return withUndo(async (undo) => {
    const { models, own } = await modelsOf(setup);
    if (own) undo.add(() => models.close());
    const { limits, connection, grace, drainDelay, tls } = setup;
    const metrics = prometheusMetrics(models);
    const calls = new Calls(
      new Admission(limits, (pictures, bytes) => {
        metrics.queue(pictures, bytes);
      }),
    );
    const life = new Life(models, calls, { grace, drainDelay });
    const hosts = new Hosts(setup.allowedHosts);
    const hasKey = keyCheck(setup.keys);
    const context = { models, limits, connection, life, metrics, calls, hosts, hasKey, tls };
    const app = instanceFor(setup, {
      ...{ connection, hosts, metrics, tls },
      answers: (request, response) => turnAway.answers(request, response),
    });
    undo.add(() => app.close());
    contexts.set(app, context);
    answerErrors(app);
    await registerHeaders(app, setup.cors);
    const pipelines = new Pipelines();
    const turnAway = new TurnAway(app, context, { pipelines, hasCors: setup.cors.length > 0 });
    guard(app, context, pipelines);
    app.addHook('preClose', () => life.drain());
    if (own) app.addHook('onClose', () => models.close({ drain: true }));
    for (const part of parts) await app.register(async (scope) => part(scope, context));
    return app;
  });
}

/** What the parts of a server have: for those that stand beside it, gRPC and the command line. Throws a `UsageError` for another server. */
export function contextOf(server: FastifyInstance): ServeContext {
  const context = contexts.get(server);
  if (context === undefined) {
    throw new UsageError(`expected a server that createServer made, got ${described(server)}`);
  }
  return context;
}

async function modelsOf({ models, limits }: ServerSetup): Promise<{ models: ServedModels; own: boolean }> {
  if (models instanceof ServedModels) return { models, own: false };
  if (!isList(models)) return { models: ServedModels.of(models), own: true };
  const { maxPixels, decodeSeconds } = limits;
  const sources = models.map((source) => ({ maxPixels, decodeSeconds, ...source }));
  return { models: await ServedModels.load(sources), own: true };
}

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

function instanceFor(
  { logger, limits }: ServerSetup,
  listener: ListenerOptions & { readonly metrics: ServeMetrics },
): FastifyInstance {
  return fastify({
    ...logSettings(logger),
    bodyLimit: limits.bodyBytes,
    serverFactory: listenerFactory(listener),
    // Draining counts as loading, and takes as long as it takes.
    pluginTimeout: 0,
    // It drains by itself; then nobody waits for anything that is still open.
    return503OnClosing: false,
    forceCloseConnections: true,
    genReqId: requestId,
    routerOptions,
    frameworkErrors: answerBadAddress,
    clientErrorHandler: (error, socket) => {
      listener.metrics.error(answerNoRequest(error, socket));
    },
  });
}
