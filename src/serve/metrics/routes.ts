import type { ServePart } from '../context.ts';

/** `GET /metrics`, for Prometheus. It needs the key, if the server has one: it tells how much a server is used. */
export const metricsRoutes: ServePart = (app, { metrics }) => {
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metrics.render();
    // As it is: fastify would add a charset that is there already.
    return reply.header('content-type', contentType).send(text);
  });
  app.addHook('onClose', () => {
    metrics.close();
  });
};
