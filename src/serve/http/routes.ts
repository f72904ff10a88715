import multipart from '@fastify/multipart';

import type { ServePart } from '../context.ts';
import { ServeError } from '../errors.ts';
import { classifyRoutes } from './classify.ts';
import { explainRoutes } from './explain.ts';
import { featuresRoutes } from './features.ts';
import { modelsRoutes } from './models.ts';
import { expectedBody } from './pictures.ts';

/** Cardinal's own routes: pictures in, answers out. */
export const pictureRoutes: ServePart = async (app, context) => {
  // A form has a few fields; each part has headers, which take memory as well.
  const limits = { fields: 8, fieldSize: 1024, fieldNameSize: 100, headerPairs: 32 };
  app.removeAllContentTypeParsers();
  await app.register(multipart, {
    limits: { ...limits, files: context.limits.pictures, parts: context.limits.pictures + limits.fields },
  });
  // What the bytes are is told by the bytes.
  for (const type of [/^image\//, 'application/octet-stream']) {
    app.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body);
    });
  }
  app.setErrorHandler((thrown) => {
    throw isOtherType(thrown)
      ? new ServeError(415, 'unsupported_media_type', `of this content-type nothing is read: ${expectedBody}`)
      : thrown;
  });
  for (const add of [classifyRoutes, featuresRoutes, explainRoutes, modelsRoutes]) add(app, context);
};

function isOtherType(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE';
}
