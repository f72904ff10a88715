import { CardinalError, messageOf } from '../errors.ts';
import { Crossings, type ErrorClasses } from './crossing.ts';
import { isOurs, type CallerMessage, type Outcome } from './messages.ts';
import { Moved, type ChannelPort } from './port.ts';
import type { CallOptions, Channel, Service } from './service.ts';

export interface ChannelOptions {
  /** Classes of errors that are to arrive as what they were, beside those of `errors.ts`; the same on both sides. */
  readonly errors?: ErrorClasses | undefined;
}

type Callback = (...args: readonly unknown[]) => unknown;

interface Waiting {
  readonly callbacks: Readonly<Record<string, Callback | undefined>>;
  /** Errors of ours that the other side has copies of. */
  readonly own: unknown[];
  settle(outcome: { readonly value: unknown } | { readonly thrown: unknown }): void;
}

/** The side that asks; the other one is `serve`. */
export function connect<S extends Service<S>>(port: ChannelPort, options: ChannelOptions = {}): Channel<S> {
  const crossings = new Crossings(options.errors);
  const calls = new Map<number, Waiting>();
  let made = 0;
  let ended: Error | undefined;

  const post = (message: CallerMessage, transfer: readonly object[] = []): void => {
    if (ended === undefined) port.post(message, transfer);
  };
  const end = (error: Error): void => {
    if (ended !== undefined) return;
    ended = error;
    for (const waiting of [...calls.values()]) waiting.settle({ thrown: error });
  };
  /** To the other side, which is to give back the very same. */
  const lend = ({ own }: Waiting, error: unknown) => {
    const ref = own.push(error) - 1;
    return crossings.pack(error, (each) => (each === error ? ref : undefined));
  };
  const abort = (id: number, waiting: Waiting, reason: unknown): void => {
    post({ channel: 'abort', id, reason: lend(waiting, reason) });
  };

  port.onEnd?.(end);
  port.listen((message) => {
    if (!isOurs(message)) return;
    const { id } = message;
    const waiting = calls.get(id);
    if (waiting === undefined) return;
    if (message.channel === 'outcome') {
      const { outcome } = message;
      waiting.settle(
        'error' in outcome
          ? { thrown: crossings.unpack(outcome.error, (ref) => waiting.own[ref]) }
          : { value: outcome.value },
      );
    } else if (message.channel === 'callback') {
      const { name, args, callback } = message;
      const call = () => calledBack(waiting.callbacks, name, args, callback !== undefined);
      if (callback === undefined) {
        call().catch((error: unknown) => {
          if (calls.get(id) !== waiting) return;
          abort(id, waiting, error);
          waiting.settle({ thrown: error });
        });
      } else {
        const answer = (outcome: Outcome, transfer?: readonly object[]): void => {
          post({ channel: 'answer', id, callback, outcome }, transfer);
        };
        call()
          .then((result) => {
            if (result instanceof Moved) answer({ value: result.value }, result.transfer);
            else answer({ value: result });
          })
          .catch((error: unknown) => {
            answer({ error: lend(waiting, error) });
          });
      }
    }
  });

  const call = (
    name: string,
    args: readonly unknown[],
    { signal, on = {}, transfer }: CallOptions<object> = {},
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (ended !== undefined) throw ended;
      const id = ++made;
      const stop = (): void => {
        abort(id, waiting, signal?.reason);
      };
      const waiting: Waiting = {
        callbacks: on as Waiting['callbacks'],
        own: [],
        settle: (outcome) => {
          calls.delete(id);
          signal?.removeEventListener('abort', stop);
          if (calls.size === 0) port.hold?.(false);
          // Whatever was thrown there, be it no error.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
          if ('thrown' in outcome) reject(outcome.thrown);
          else resolve(outcome.value);
        },
      };
      try {
        post({ channel: 'call', id, name, args }, transfer);
      } catch (error) {
        throw new CardinalError(`"${name}" cannot be asked of another thread: ${messageOf(error)}`, {
          cause: error,
        });
      }
      calls.set(id, waiting);
      if (calls.size === 1) port.hold?.(true);
      signal?.addEventListener('abort', stop);
    });

  return {
    call,
    end,
    get ended() {
      return ended;
    },
  };
}

async function calledBack(
  callbacks: Waiting['callbacks'],
  name: string,
  args: readonly unknown[],
  mustAnswer: boolean,
): Promise<unknown> {
  const callback = Object.hasOwn(callbacks, name) ? callbacks[name] : undefined;
  if (callback === undefined && mustAnswer) {
    throw new CardinalError(`the other thread asks for "${name}", which nobody answers`);
  }
  return await callback?.(...args);
}
