import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { RouteKind, ServeContext, ServePart } from '../context.ts';
import { ServeError } from '../errors.ts';
import { answerErrors } from '../http/errors.ts';
import { callOf } from '../safety/exchange.ts';
import { answerOf, type Answer } from './answer.ts';
import { lengthHeader, parseBody } from './body.ts';
import { compute } from './compute.ts';
import { metadataOf, serverMetadata } from './metadata.ts';

/** The Open Inference Protocol over HTTP, below `/v2`. */
export const v2Part: ServePart = async (app, context) => {
  await app.register(
    (v2, _options, done) => {
      // As the protocol has it.
      answerErrors(v2, ({ message }) => ({ error: message }));
      readBodies(v2);
      addHealth(v2, context);
      addModels(v2, context);
      done();
    },
    { prefix: '/v2' },
  );
};

/** What stands in the address of a model. */
interface ModelAddress {
  readonly Params: { readonly model: string; readonly version?: string };
}

function addHealth(v2: FastifyInstance, { life }: ServeContext): void {
  v2.get('/', () => serverMetadata);
  v2.get('/health/live', kind('open'), () => ({ live: true }));
  // A probe looks at the status alone.
  v2.get('/health/ready', kind('open'), (_request, reply) =>
    reply.code(life.ready ? 200 : 503).send({ live: true, ready: life.ready, ...notReady(life.ready) }),
  );
}

function addModels(v2: FastifyInstance, context: ServeContext): void {
  const { models, life } = context;
  for (const address of ['/models/:model', '/models/:model/versions/:version']) {
    v2.get<ModelAddress>(address, ({ params: { model, version } }) =>
      metadataOf(models.find(model, version)),
    );
    v2.get<ModelAddress>(`${address}/ready`, kind('open'), ({ params: { model, version } }, reply) => {
      const { name } = models.find(model, version);
      return reply.code(life.ready ? 200 : 503).send({ name, ready: life.ready, ...notReady(life.ready) });
    });
    v2.post<ModelAddress & { Body: unknown }>(
      `${address}/infer`,
      kind('computes'),
      async (request, reply) => {
        const { model: name, version } = request.params;
        const call = callOf(request);
        models.find(name, version);
        const body = bodyOf(request);
        // Its sender need not have said how long it would be.
        call.place?.hold(body.length);
        const parsed = parseBody(body, headerOf(request));
        const { model, outputs } = await compute(context, call, { name, version }, parsed);
        return write(answerOf(model, parsed, outputs), reply);
      },
    );
  }
}

function kind(of: RouteKind): { config: { kind: RouteKind } } {
  return { config: { kind: of } };
}

/** The protocol wants a reason wherever the status is an error. */
function notReady(isReady: boolean): { readonly error?: string } {
  return isReady ? {} : { error: 'the server does not take requests: it is starting or shutting down' };
}

/** Bodies are read as bytes: JSON may be followed by binary data. Clients of the protocol name one of two types, or none. */
function readBodies(v2: FastifyInstance): void {
  v2.removeAllContentTypeParsers();
  v2.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  v2.addHook('onRequest', (request, _reply, done) => {
    const type = request.method === 'POST' ? request.headers['content-type'] : undefined;
    const isKnown = type === undefined || /^(application\/(json|octet-stream) *(;.*)?)?$/i.test(type);
    done(isKnown ? undefined : otherType);
  });
}

const otherType = new ServeError(
  415,
  'unsupported_media_type',
  'expected application/json, or application/octet-stream where binary data follows the JSON',
);

function bodyOf({ body }: { readonly body: unknown }): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function headerOf({ headers }: FastifyRequest): string | undefined {
  return headers[lengthHeader]?.toString();
}

function write({ json, binary }: Answer, reply: FastifyReply): FastifyReply {
  if (binary.length === 0) return reply.send(json);
  const head = Buffer.from(JSON.stringify(json));
  return reply
    .type('application/octet-stream')
    .header(lengthHeader, head.length)
    .send(Buffer.concat([head, ...binary]));
}
