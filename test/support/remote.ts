import { connect } from '../../src/base/channel/connect.ts';
import { portOf, type ChannelPort } from '../../src/base/channel/port.ts';
import { serve } from '../../src/base/channel/serve.ts';
import type { Backend } from '../../src/backends/backend.ts';
import { connectBackend } from '../../src/backends/remote/connect.ts';
import { backendHandlers } from '../../src/backends/remote/serve.ts';
import { factsOf, type BackendService } from '../../src/backends/remote/service.ts';

/** A backend at the other end of a line, in the same thread: all that is asked is copied, as between threads. */
export function overLine(real: Backend): {
  readonly backend: Backend;
  /** Loses the other side, as if its thread had ended. */
  readonly lose: (error: Error) => void;
  readonly ends: () => number;
} {
  const { port1, port2 } = new MessageChannel();
  serve<BackendService>(portOf(port2), backendHandlers(real));
  const handlers: ((error: Error) => void)[] = [];
  const port: ChannelPort = { ...portOf(port1), onEnd: (handler) => handlers.push(handler) };
  let ends = 0;
  const backend = connectBackend(connect<BackendService>(port), {
    facts: factsOf(real),
    planning: real,
    end: () => {
      ends++;
      port1.close();
      return Promise.resolve();
    },
  });
  const lose = (error: Error): void => {
    for (const handler of handlers) handler(error);
  };
  return { backend, lose, ends: () => ends };
}
