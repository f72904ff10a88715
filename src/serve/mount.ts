import type { FastifyInstance } from 'fastify';

import { contextOf } from './create-server.ts';

/** Options of `mount`. */
export interface MountOptions {
  /** What `createServer` made. */
  readonly server: FastifyInstance;
}

/**
 * A fastify plugin that mounts a server under the routes of another one:
 *
 *     await app.register(mount, { prefix: '/vision', server: await createServer({ models }) });
 *
 * What stands before it there (hooks `onRequest` of the host: its own login, say) is done first; the rest, from the body on, is the
 * server's. Closing the host drains the server. Timeouts of connections are the host's. Other frameworks call
 * `server.routing(request, response)` with the address below their own path. Throws a `UsageError` for a server of another maker.
 */
export async function mount(host: FastifyInstance, { server }: MountOptions): Promise<void> {
  contextOf(server);
  await server.ready();
  const closed = (): Promise<void> => server.close();
  const { prefix } = host;
  host.addHook('onRequest', async (request, reply) => {
    const { raw } = request;
    const rest = (raw.url ?? '').slice(prefix.length);
    // What lies beside the page is found below the prefix, not beside it.
    if (rest === '' && raw.method === 'GET') return reply.redirect(`${prefix}/`, 308);
    reply.hijack();
    raw.url = rest.startsWith('/') ? rest : `/${rest}`;
    server.routing(raw, reply.raw);
    return reply;
  });
  // The hook answers; routes are what makes it run.
  const never = (): never => {
    throw new Error('a mounted server answers by itself');
  };
  host.all('/', never);
  host.all('/*', never);
  // The host waits for its requests between the two, which draining ends; it gives a hook `preClose` no more than ten seconds.
  host.addHook('preClose', (done) => {
    void closed();
    done();
  });
  host.addHook('onClose', closed);
}
