import { once } from 'node:events';
import { connect } from 'node:net';
import type { MessageLine } from '../../../src/studio/line.ts';

/** The answer to a request without a body as it came, up to its headers' end, whatever these are. */
export async function request(
  origin: string,
  head: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`);
  socket.write([`${head} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1');
    if (text.includes('\r\n\r\n')) break;
  }
  socket.destroy();
  return text;
}

/** A WebSocket of a page that has the token. */
export async function clientFor(
  origin: string,
  token: string,
): Promise<{ readonly socket: WebSocket; readonly line: MessageLine; readonly closed: Promise<number> }> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/engine`, ['cardinal-studio', token]);
  socket.binaryType = 'arraybuffer';
  const closed = once(socket, 'close').then(([event]) => (event as CloseEvent).code);
  await once(socket, 'open');
  const line: MessageLine = {
    send: (bytes) => {
      socket.send(bytes);
    },
    onMessage: (handler) => {
      socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
        handler(new Uint8Array(data));
      });
    },
    onEnd: (handler) => {
      void closed.then(() => {
        handler(new Error('the line was cut'));
      });
    },
    close: () => {
      socket.close();
    },
  };
  return { socket, line, closed };
}
