import type { FastifyBaseLogger } from 'fastify';
import { messageOf } from '../../base/errors.ts';
import type { ModelEvent } from '../../serve/models/events.ts';

/** What people are told of it; that a model is served, when all are. */
export function eventLines(event: ModelEvent): string[] {
  const { name, version } = event.model;
  switch (event.type) {
    case 'loaded': {
      const notes = event.notes.map((note) => `note: ${name}: ${note}`);
      return event.previous === undefined
        ? notes
        : [...notes, `reloaded ${name}: version ${version} takes over from ${event.previous}`];
    }
    case 'unchanged':
      return [`${name} is unchanged: version ${version}`];
    case 'kept':
      return [`warning: ${messageOf(event.error)}`];
    case 'revived':
      return [`warning: what computes for ${name} was lost, and made again`];
    case 'down':
      return [`warning: what computes for ${name} was lost: ${messageOf(event.error)}`];
  }
}

/** Writes it to the log of requests as well, where programs look for it. */
export function logEvent(log: FastifyBaseLogger, event: ModelEvent): void {
  const { type, model } = event;
  const fields = { model: model.name, version: model.version };
  if ('error' in event) log.warn({ ...fields, reason: messageOf(event.error) }, `model ${type}`);
  else log.info(fields, `model ${type}`);
}
