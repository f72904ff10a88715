import type { FastifyRequest } from 'fastify';

import type { Times } from '../../use/batch/options.ts';
import type { ServeContext } from '../context.ts';
import type { Call } from '../safety/calls.ts';
import { ServeError } from '../errors.ts';
import { callOf } from '../safety/exchange.ts';
import type { ServedModel } from '../served-model.ts';
import { checked } from './input.ts';
import { modelParams } from './schemas.ts';

/** Which model a client means; the first one without a name. */
export interface Meant {
  readonly name: string | undefined;
  readonly version: string | undefined;
}

/** By the address, `/models/:name/…`, else by the query. Throws a `ServeError` 404 if there is none, before a form is read. */
export function meantBy(
  { params }: FastifyRequest,
  query: { readonly model?: string | undefined; readonly version?: string | undefined },
  { models }: ServeContext,
): Meant {
  const isNamed = typeof params === 'object' && params !== null && 'name' in params;
  const name = isNamed ? checked(modelParams, params, 'the address').name : query.model;
  models.find(name, query.version);
  return { name, version: query.version };
}

/** What `work` gives, within the request's call: a generation of the model stays until it is over. */
export function withModel<T>(
  request: FastifyRequest,
  { models }: ServeContext,
  { name, version }: Meant,
  work: (model: ServedModel, call: Call) => Promise<T>,
): Promise<T> {
  const call = callOf(request);
  return call.during(() =>
    models.use(
      name,
      (model) => {
        call.notes.model = model.name;
        return work(model, call);
      },
      version,
    ),
  );
}

/** Which model answered. */
export function byModel({ name, version }: ServedModel): {
  readonly model: string;
  readonly version: string;
} {
  return { model: name, version };
}

/** Throws a `ServeError` if a model gives numbers, of which there is nothing to choose. */
export function requireClasses({ name, classifier }: ServedModel): void {
  if (classifier.task !== 'numbers') return;
  throw new ServeError(
    422,
    'no_classes',
    `${name} gives numbers, not classes: ask for them by the v2 protocol`,
  );
}

/** Each picture's times as the metrics count them; in the request's line stands their sum, and of batches the largest. */
export function timesOf(
  { name }: ServedModel,
  { notes }: Call,
  { metrics }: ServeContext,
): (times: Times) => void {
  return (times) => {
    metrics.stage(name, times);
    for (const stage of ['decode', 'wait', 'compute'] as const) {
      notes[stage] = Math.round(((notes[stage] ?? 0) + times[stage]) * 10) / 10;
    }
    notes.batch = Math.max(notes.batch ?? 0, times.batch);
  };
}
