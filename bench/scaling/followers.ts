import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { MpiCommunicator } from '../../src/node/mpi/communicator.ts';

/**
 * Ranks of this machine that do what the first is told. They wait at a socket, not for MPI, whose waiting takes a part of a processor
 * from whoever is timed meanwhile. `path` is the socket's.
 */
export class Followers {
  readonly #sockets: readonly Socket[];

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  /** Of the first rank. The others `follow` at the same time. */
  static async gather(ranks: MpiCommunicator, path: string): Promise<Followers> {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(path);
    await once(server, 'listening');
    ranks.barrier('a socket');
    while (sockets.length < ranks.size - 1) await once(server, 'connection');
    server.close();
    return new Followers(sockets);
  }

  /** Has all others do their work once. */
  go(): void {
    for (const socket of this.#sockets) socket.write('go\n');
  }

  /** Resolves when all have been told: what MPI waits for next, it waits for on this thread. */
  async end(): Promise<void> {
    await Promise.all(
      this.#sockets.map(
        (socket) =>
          new Promise<void>((resolve) =>
            socket.end(() => {
              resolve();
            }),
          ),
      ),
    );
  }
}

/** Does `work` whenever the first rank says so, until it ends. */
export async function follow(ranks: MpiCommunicator, path: string, work: () => Promise<void>): Promise<void> {
  ranks.barrier('a socket');
  const socket = connect(path);
  for await (const line of createInterface({ input: socket })) if (line === 'go') await work();
}
