import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { quoted } from '../../base/quoted.ts';
import type { ServeContext } from '../context.ts';
import { ServeError } from '../errors.ts';
import { callOf } from '../safety/exchange.ts';
import { checked } from './input.ts';
import { byModel, meantBy, requireClasses, withModel } from './model-call.ts';
import { pictureOf, requireFormat } from './pictures.ts';
import { explainQuery } from './schemas.ts';
import { shortFloats } from './short-floats.ts';

/** `POST /explain`: where in a picture the network sees a class. A PNG, or the numbers for who accepts JSON alone. */
export function explainRoutes(app: FastifyInstance, context: ServeContext): void {
  const { maxPixels, decodeSeconds } = context.limits;
  const explain = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { class: wanted, ...query } = checked(explainQuery, request.query, 'the query');
    const meant = meantBy(request, query, context);
    const picture = await pictureOf(request, callOf(request), context.limits);
    requireFormat(picture);
    return withModel(request, context, meant, async (model, { signal }) => {
      requireClasses(model);
      const { classifier } = model;
      const label = wanted === undefined ? undefined : labelOf(wanted, classifier.classes);
      const explanation = await classifier.explain(picture, { label, maxPixels, decodeSeconds, signal });
      const { class: name, probability, map, width, height } = explanation;
      if (wantsJson(request)) {
        const seen = { class: name, label: explanation.label, probability };
        return { ...seen, width, height, map: shortFloats(map), ...byModel(model) };
      }
      const png = await explanation.overlay();
      reply
        .type('image/png')
        .header('x-class-label', String(explanation.label))
        .header('x-class-probability', String(probability));
      return Buffer.from(png.buffer, png.byteOffset, png.byteLength);
    });
  };
  for (const path of ['/explain', '/models/:name/explain']) {
    app.post(path, { config: { kind: 'computes' } }, explain);
  }
}

/** Whether it accepts JSON and names no picture. `*` and nothing at all get the picture. */
function wantsJson({ headers: { accept = '' } }: FastifyRequest): boolean {
  return /\bapplication\/json\b/i.test(accept) && !/\bimage\//i.test(accept);
}

/** A class by its name; by its number where no class has that for a name. */
function labelOf(wanted: string, classes: readonly string[]): number {
  const named = classes.indexOf(wanted);
  if (named >= 0) return named;
  const label = /^\d{1,9}$/.test(wanted) ? Number(wanted) : classes.length;
  if (label < classes.length) return label;
  throw new ServeError(
    400,
    'unknown_class',
    `class: expected the name of a class, or a number below ${classes.length}, got ${quoted(wanted)}`,
  );
}
