import { connect, portOfLine, type MessageLine, type StudioService } from 'cardinal-nn/studio';
import type { EngineState } from './engine.ts';
import { keepToken, onOtherToken, takeToken } from './token.ts';

/** Milliseconds before the first new try, and at most between two. */
const firstPause = 250;
const longestPause = 5000;

const noToken =
  'This tab has no key to the studio. Open the address that cardinal studio printed in the terminal.';
const otherToken =
  'The studio was started anew. Open the address that it printed in the terminal this time: this page then goes on as well, with what it shows.';
const gone =
  'The studio on this machine is not there. Start it again with npx cardinal studio; this page goes on trying.';

/** Keeps the page connected to the server that it came from, and tells each change. What was asked when a line was cut is rejected. */
export function connectToMachine(set: (state: EngineState) => void): void {
  let token = takeToken();
  /** One that another tab has, for when this one is refused. */
  let offered: string | undefined;
  /** Whether a line is open, or will be tried. */
  let isTrying = false;
  let pause = firstPause;
  const lost = async (): Promise<void> => {
    // The browser does not say why a WebSocket was refused; a request's answer it does.
    if ((await statusOf(token ?? '')) === 401) {
      isTrying = false;
      if (offered !== undefined) {
        takeOffered();
        return;
      }
      set({ kind: 'lost', message: otherToken, retrying: false });
      return;
    }
    set({ kind: 'lost', message: gone, retrying: true });
    setTimeout(open, pause);
    pause = Math.min(2 * pause, longestPause);
  };
  const open = (): void => {
    if (token === undefined) {
      set({ kind: 'lost', message: noToken, retrying: false });
      return;
    }
    isTrying = true;
    const url = new URL('engine', document.baseURI);
    url.protocol = 'ws:';
    url.hash = '';
    const socket = new WebSocket(url, ['cardinal-studio', token]);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      const engine = connect<StudioService>(portOfLine(lineOf(socket)));
      engine
        .call('about', [])
        .then((about) => {
          pause = firstPause;
          if (token !== undefined) keepToken(token);
          set({ kind: 'ready', about, engine });
        })
        // The line was cut before the answer; its end is told below.
        .catch(() => undefined);
    });
    socket.addEventListener('close', () => void lost());
  };
  const takeOffered = (): void => {
    token = offered;
    offered = undefined;
    open();
  };
  onOtherToken((given) => {
    offered = given;
    if (!isTrying) takeOffered();
  });
  open();
}

async function statusOf(token: string): Promise<number | undefined> {
  try {
    const url = new URL('token', document.baseURI);
    return (await fetch(url, { headers: { 'x-api-key': token }, cache: 'no-store' })).status;
  } catch {
    return undefined;
  }
}

function lineOf(socket: WebSocket): MessageLine {
  return {
    send: (bytes) => {
      socket.send(bytes);
    },
    onMessage: (handler) => {
      socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
        handler(new Uint8Array(data));
      });
    },
    onEnd: (handler) => {
      socket.addEventListener('close', () => {
        handler(new Error('the connection to the studio was cut'));
      });
    },
    close: () => {
      socket.close();
    },
  };
}
