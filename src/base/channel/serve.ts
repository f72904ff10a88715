import { CardinalError } from '../errors.ts';
import type { ChannelOptions } from './connect.ts';
import { Crossings } from './crossing.ts';
import { isOurs, type HandlerMessage, type Outcome } from './messages.ts';
import { Moved, type ChannelPort } from './port.ts';
import type { CallContext, Handlers, Service } from './service.ts';

interface Running {
  readonly controller: AbortController;
  readonly questions: Map<number, Question>;
  /** What came from the caller, and its number there. */
  readonly lent: Map<unknown, number>;
}

interface Question {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Handler = (args: readonly unknown[], context: CallContext<Record<string, () => unknown>>) => unknown;

/**
 * The side that is asked: does what `connect` on the other one calls, each call by its handler. Returns how to end it: all signals are
 * aborted, and nothing is sent any more.
 */
export function serve<S extends Service<S>>(
  port: ChannelPort,
  handlers: Handlers<S>,
  options: ChannelOptions = {},
): { readonly end: (error: Error) => void } {
  const crossings = new Crossings(options.errors);
  const byName = handlers as Readonly<Record<string, Handler>>;
  const calls = new Map<number, Running>();
  let asked = 0;
  let ended: Error | undefined;

  const post = (message: HandlerMessage, transfer: readonly object[] = []): void => {
    if (ended === undefined) port.post(message, transfer);
  };
  const end = (error: Error): void => {
    if (ended !== undefined) return;
    ended = error;
    for (const { controller, questions } of calls.values()) {
      controller.abort(error);
      for (const { reject } of questions.values()) reject(error);
    }
    calls.clear();
  };
  const unpack = ({ lent }: Running, crossing: Parameters<Crossings['unpack']>[0]): unknown => {
    const error = crossings.unpack(crossing, () => undefined);
    if (crossing.ref !== undefined) lent.set(error, crossing.ref);
    return error;
  };

  const contextOf = (id: number, { controller, questions }: Running): Parameters<Handler>[1] => ({
    signal: controller.signal,
    ask: (name, ...args) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) throw ended;
        const callback = ++asked;
        post({ channel: 'callback', id, callback, name, args });
        questions.set(callback, { resolve, reject });
      }),
    tell: (name, ...args) => {
      post({ channel: 'callback', id, callback: undefined, name, args });
    },
  });

  const begin = async (
    id: number,
    running: Running,
    name: string,
    args: readonly unknown[],
  ): Promise<void> => {
    const finish = (outcome: Outcome, transfer?: readonly object[]): void => {
      post({ channel: 'outcome', id, outcome }, transfer);
    };
    try {
      const handler = Object.hasOwn(byName, name) ? byName[name] : undefined;
      if (handler === undefined) {
        throw new CardinalError(
          `the other thread has no "${name}", it has ${Object.keys(byName).join(', ')}; are both of one version of cardinal-nn?`,
        );
      }
      const result = await handler(args, contextOf(id, running));
      if (result instanceof Moved) finish({ value: result.value }, result.transfer);
      else finish({ value: result });
    } catch (error) {
      finish({ error: crossings.pack(error, (each) => running.lent.get(each)) });
    } finally {
      calls.delete(id);
    }
  };

  port.onEnd?.(end);
  port.listen((message) => {
    if (!isOurs(message) || ended !== undefined) return;
    const { id } = message;
    const running = calls.get(id);
    if (message.channel === 'call') {
      const begun: Running = { controller: new AbortController(), questions: new Map(), lent: new Map() };
      calls.set(id, begun);
      void begin(id, begun, message.name, message.args);
    } else if (running === undefined) {
      return;
    } else if (message.channel === 'abort') {
      running.controller.abort(unpack(running, message.reason));
    } else if (message.channel === 'answer') {
      const { callback, outcome } = message;
      const question = running.questions.get(callback);
      running.questions.delete(callback);
      if ('error' in outcome) question?.reject(unpack(running, outcome.error));
      else question?.resolve(outcome.value);
    }
  });
  return { end };
}
