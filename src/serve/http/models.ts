import type { FastifyInstance } from 'fastify';

import type { ServeContext } from '../context.ts';
import type { ServedModel } from '../served-model.ts';
import { meantBy } from './model-call.ts';

/** `GET /models` and `GET /models/:name`: what is served. */
export function modelsRoutes(app: FastifyInstance, context: ServeContext): void {
  const { models } = context;
  app.get('/models', () => ({ models: models.names.map((name) => summaryOf(models.find(name))) }));
  app.get('/models/:name', (request) => {
    const { name } = meantBy(request, {}, context);
    const model = models.find(name);
    const { classes: classNames, preprocessing } = model.about;
    return { ...summaryOf(model), classNames, preprocessing };
  });
}

function summaryOf({ name, version, about }: ServedModel): object {
  const { architecture, input, classes, digest } = about;
  return { name, version, architecture, input, classes: classes.length, digest };
}
