/** The script of the workers that the engine starts. The first message says what it is to be; all others are for that role. */
import type { DecoderStart } from './data/decoder-thread.ts';
import { serveDecoder } from './data/serve-decoder.ts';
import type { OwnPort } from './engine/own-port.ts';
import { serveThread, type ThreadStart } from './engine/thread.ts';

/** The first message. */
export type WorkerStart = ThreadStart | DecoderStart;

const port = globalThis as unknown as OwnPort;
port.addEventListener(
  'message',
  ({ data }) => {
    const start = data as WorkerStart;
    if (start.role === 'decoder') serveDecoder(port, start);
    else serveThread(port, start);
  },
  { once: true },
);
