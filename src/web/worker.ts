/** The script of the workers that the engine starts. The first message says what it is to be; all others are for that role. */
import type { OwnPort } from './engine/own-port.ts';
import { serveThread } from './engine/thread.ts';

/** What a worker may be; a new role is a row. */
const roles = {
  thread: serveThread,
} satisfies Record<string, (port: OwnPort) => void>;

/** The first message. */
export interface WorkerStart {
  readonly role: keyof typeof roles;
}

const port = globalThis as unknown as OwnPort;
port.addEventListener(
  'message',
  ({ data }) => {
    roles[(data as WorkerStart).role](port);
  },
  { once: true },
);
