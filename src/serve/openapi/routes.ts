import type { ServeContext, ServePart } from '../context.ts';
import { docsPage } from './docs-page.ts';
import { openApiOf, type Described } from './document.ts';

/** `GET /openapi.json` and `GET /docs`: what the server takes and gives. Nobody needs a key to learn how to send one. */
export const docsRoutes: ServePart = (app, context) => {
  const open = { config: { kind: 'open' } } as const;
  app.get('/openapi.json', open, () => openApiOf(describedOf(context)));
  app.get('/docs', open, (_request, reply) => {
    const described = describedOf(context);
    return reply.type('text/html; charset=utf-8').send(docsPage(openApiOf(described), described));
  });
};

/** Where a key is needed, strangers learn no names of models either. */
function describedOf({ models, hasKey }: ServeContext): Described {
  const needsKey = !hasKey({ authorization: undefined, 'x-api-key': undefined });
  const { name, version } = models.find();
  return needsKey
    ? { needsKey, model: 'shoes', version: '3f1c0a9be2d4' }
    : { needsKey, model: name, version };
}
