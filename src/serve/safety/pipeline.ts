import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Requests of one connection that wait for their answers, at most. Browsers and proxies send one at a time; Node takes whatever a client
 * sends ahead, and keeps the answers that it does not read.
 */
const mostAhead = 32;

/** What each connection has sent that is not over. */
export class Pipelines {
  readonly #open = new WeakMap<Socket, Set<() => void>>();

  /**
   * Calls `over` once, when the answer is with the client or can never be. Returns false, and will not call it, if the connection has as many
   * requests as it may.
   */
  follow({ socket }: IncomingMessage, response: ServerResponse, over: () => void): boolean {
    const open = this.#open.get(socket) ?? this.#watch(socket);
    if (open.size >= mostAhead) return false;
    const once = (): void => {
      if (open.delete(once)) over();
    };
    open.add(once);
    response.once('close', once);
    return true;
  }

  /** Older versions of Node (seen with 20, not with 26) say nothing to a response whose turn has not come when its connection closes. */
  #watch(socket: Socket): Set<() => void> {
    const open = new Set<() => void>();
    this.#open.set(socket, open);
    socket.once('close', () => {
      for (const once of open) once();
    });
    return open;
  }
}
