import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { ServeContext } from '../context.ts';
import { callOf } from '../safety/exchange.ts';
import { answerEach } from './each.ts';
import { checked } from './input.ts';
import { byModel, meantBy, withModel } from './model-call.ts';
import { picturesOf, requireFormat } from './pictures.ts';
import { featuresQuery } from './schemas.ts';
import { shortFloats } from './short-floats.ts';

/** `POST /features`: the embedding of one or several pictures. */
export function featuresRoutes(app: FastifyInstance, context: ServeContext): void {
  const { maxPixels, decodeSeconds } = context.limits;
  const features = async (request: FastifyRequest): Promise<object> => {
    const query = checked(featuresQuery, request.query, 'the query');
    const meant = meantBy(request, query, context);
    const pictures = await picturesOf(request, callOf(request), context.limits);
    return withModel(request, context, meant, async (model, { signal }) => {
      const answer = await answerEach(pictures, async (picture) => {
        requireFormat(picture);
        return {
          features: shortFloats(
            await model.classifier.features(picture, { maxPixels, decodeSeconds, signal }),
          ),
        };
      });
      return { ...answer, ...byModel(model) };
    });
  };
  for (const path of ['/features', '/models/:name/features']) {
    app.post(path, { config: { kind: 'computes' } }, features);
  }
}
