import { ServerInterceptingCall, type Metadata, type ServerInterceptor, type status } from '@grpc/grpc-js';
import type { FastifyBaseLogger } from 'fastify';

import { Places } from '../../use/batch/places.ts';
import type { RouteKind, ServeContext } from '../context.ts';
import { ServeError } from '../errors.ts';
import { serveErrorOf } from '../http/errors.ts';
import type { Call } from '../safety/calls.ts';
import { noKey, type KeyCheck } from '../safety/key.ts';
import { errorKey, httpStatusOf, statusOf } from './status.ts';

export interface GuardOptions {
  readonly kindOf: (path: string) => RouteKind;
  /** Gets the calls that were accepted, by the metadata that they came with. */
  readonly accepted: WeakMap<Metadata, Call>;
  readonly log: FastifyBaseLogger;
}

/**
 * What every call goes through before its message is read: key, place in the queue, deadline. And what is left to do when it is over, by
 * whichever end: its numbers, and its line in the log.
 */
export function guardOf(
  { calls, limits, connection, metrics, hasKey }: ServeContext,
  { kindOf, accepted, log }: GuardOptions,
): ServerInterceptor {
  // Of a message it is not known how long it will be. So as many are received at a time as there is room for of the longest; the others
  // wait at their senders. Small questions do not wait for large messages.
  const room = Math.max(1, Math.floor(limits.heldBytes / limits.bodyBytes));
  const large: Receiving = { places: new Places(room), seconds: connection.requestSeconds };
  const small: Receiving = { places: new Places(room), seconds: connection.headersSeconds };
  return ({ path }, grpc) => {
    const began = performance.now();
    let call: Call | undefined;
    let received = (): void => undefined;
    const ending = new AbortController();
    let code: status | undefined;
    let error: string | undefined;

    const refuse = (thrown: unknown): void => {
      guarded.sendStatus(statusOf(serveErrorOf(thrown)));
    };
    const receive = async ({ places, seconds }: Receiving): Promise<void> => {
      const leave = await places.take(ending.signal);
      const late = setTimeout(() => {
        refuse(new ServeError(504, 'slow_request', 'the message did not arrive in time'));
      }, seconds * 1000);
      received = () => {
        clearTimeout(late);
        leave();
      };
    };
    const accept = async (metadata: Metadata): Promise<void> => {
      const kind = kindOf(path);
      if (kind === 'open') {
        await receive(small);
        return;
      }
      if (!hasKey(credentialsOf(metadata))) throw noKey;
      const opened = calls.open({ seconds: limits.timeout, bytes: kind === 'computes' ? 0 : undefined });
      call = opened;
      opened.signal.addEventListener('abort', () => {
        refuse(opened.signal.reason);
      });
      accepted.set(metadata, opened);
      await receive(kind === 'computes' ? large : small);
    };
    const over = (): void => {
      ending.abort();
      received();
      call?.end();
      const milliseconds = performance.now() - began;
      const status = code === undefined ? endedBy(grpc.getDeadline()) : httpStatusOf(code, error);
      if (status !== 200) error ??= status === 504 ? 'timeout' : 'closed';
      metrics.request(path, status, milliseconds / 1000);
      if (error !== undefined) metrics.error(error);
      log.info(
        {
          method: 'gRPC',
          route: path,
          status,
          ...(error === undefined ? {} : { error }),
          ms: Math.round(milliseconds * 10) / 10,
          from: grpc.getPeer(),
          ...call?.notes,
        },
        'request',
      );
    };

    const guarded = new ServerInterceptingCall(grpc, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, next) => {
            accept(metadata).then(() => {
              next(metadata);
            }, refuse);
          },
          onReceiveMessage: (message: Buffer, next) => {
            try {
              call?.place?.hold(message.length);
            } catch (thrown) {
              refuse(thrown);
              return;
            }
            received();
            next(message);
          },
          onCancel: over,
        });
      },
      sendStatus: (status, next) => {
        code ??= status.code;
        error ??= status.metadata?.get(errorKey).at(0)?.toString();
        next(status);
      },
    });
    return guarded;
  };
}

/** Messages on their way. */
interface Receiving {
  readonly places: Places;
  /** Who sends slower is cut off. */
  readonly seconds: number;
}

/** HTTP's status for a call that ended without one of ours: its client's deadline passed, or its client is gone. */
function endedBy(deadline: Date | number): number {
  return Number(deadline) <= Date.now() ? 504 : 499;
}

function credentialsOf(metadata: Metadata): Parameters<KeyCheck>[0] {
  const first = (key: string): string | undefined => metadata.get(key).at(0)?.toString();
  return { authorization: first('authorization'), 'x-api-key': first('x-api-key') };
}
