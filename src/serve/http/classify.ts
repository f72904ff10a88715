import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { ServeContext } from '../context.ts';
import { callOf } from '../safety/exchange.ts';
import { answerEach } from './each.ts';
import { checked } from './input.ts';
import { byModel, meantBy, requireClasses, timesOf, withModel } from './model-call.ts';
import { picturesOf, requireFormat } from './pictures.ts';
import { classifyQuery } from './schemas.ts';

/** `POST /classify`: the most likely classes of one or several pictures. */
export function classifyRoutes(app: FastifyInstance, context: ServeContext): void {
  const { maxPixels, decodeSeconds } = context.limits;
  const classify = async (request: FastifyRequest): Promise<object> => {
    const { topK, ...query } = checked(classifyQuery, request.query, 'the query');
    const meant = meantBy(request, query, context);
    const pictures = await picturesOf(request, callOf(request), context.limits);
    return withModel(request, context, meant, async (model, call) => {
      const { signal } = call;
      const onTimes = timesOf(model, call, context);
      requireClasses(model);
      const answer = await answerEach(pictures, async (picture) => {
        requireFormat(picture);
        const options = { topK, maxPixels, decodeSeconds, signal, onTimes };
        return { predictions: await model.classifier.classify(picture, options) };
      });
      return { ...answer, ...byModel(model) };
    });
  };
  for (const path of ['/classify', '/models/:name/classify']) {
    app.post(path, { config: { kind: 'computes' } }, classify);
  }
}
