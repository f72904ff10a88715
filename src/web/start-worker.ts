import { CardinalError, DeviceLostError, messageOf } from '../base/errors.ts';
import { portOf, type ChannelPort } from '../base/channel/port.ts';
import { whyNotLoaded } from './load-failure.ts';
import { PolicyWatch } from './policy.ts';

/** A worker as whoever started it holds it. */
export interface StartedWorker {
  /** Its line. `onEnd` tells why it did not load, or failed. */
  readonly port: ChannelPort;
  /** Ends it, with the reason for whoever waits for it. May be called again. */
  end(error: Error): void;
}

/** Looks for a first message: a thread that computes hears late, so one look after all the time could miss one that waits. */
const looks = 10;

/**
 * Starts a script as a module worker. `what` is what errors call it: `the engine`. It is ended if it says nothing in `seconds`: a script
 * that never arrives tells nobody.
 */
export function startWorker(script: string, what: string, seconds = 60): StartedWorker {
  const policy = new PolicyWatch();
  const handlers: ((error: Error) => void)[] = [];
  let ended: Error | undefined;
  let worker: Worker | undefined;
  let blob: string | undefined;
  let left = looks;
  const watch = setInterval(
    () => {
      if (--left > 0) return;
      end(
        new CardinalError(
          `${what} cannot start: ${script} said nothing for ${seconds} seconds: try again, or see in the browser's tools whether it was loaded`,
        ),
      );
    },
    (1000 * seconds) / looks,
  );
  const loaded = (): void => {
    clearInterval(watch);
    policy.close();
    if (blob !== undefined) URL.revokeObjectURL(blob);
  };
  const end = (error: Error): void => {
    if (ended !== undefined) return;
    ended = error;
    loaded();
    worker?.terminate();
    for (const handler of handlers) handler(error);
  };
  const failed = async (reason: string): Promise<void> => {
    const why = await whyNotLoaded(script, blob ?? script, policy, reason);
    end(new CardinalError(`${what} cannot start: ${why}`));
  };

  try {
    // A page may start no script of another origin, but one of its own that imports it.
    if (new URL(script).origin !== globalThis.origin) blob = importing(script);
    worker = new Worker(blob ?? script, { type: typeFor(script), name: 'cardinal-nn' });
  } catch (error) {
    void failed(messageOf(error));
    return { port: lostPort(handlers, () => ended), end };
  }
  const started = worker;
  let isLoaded = false;
  started.addEventListener(
    'message',
    () => {
      isLoaded = true;
      loaded();
    },
    { once: true },
  );
  started.addEventListener('error', (event) => {
    // Else the page reports it as an error of its own.
    event.preventDefault();
    const { message = '' } = event as Partial<ErrorEvent>;
    if (isLoaded) end(new DeviceLostError(`${what} failed: ${message}`));
    else void failed(message);
  });
  const line = portOf(started);
  line.onEnd?.(end);
  return {
    port: {
      ...line,
      onEnd: (handler) => {
        if (ended === undefined) handlers.push(handler);
        else handler(ended);
      },
    },
    end,
  };
}

/** The line of a worker that there is none of. */
function lostPort(handlers: ((error: Error) => void)[], ended: () => Error | undefined): ChannelPort {
  return {
    post: () => undefined,
    listen: () => undefined,
    onEnd: (handler) => {
      const error = ended();
      if (error === undefined) handlers.push(handler);
      else handler(error);
    },
  };
}

/** Pages that are opened from the disk have no origin of their own, and Chromium starts no module in them. Those scripts import nothing. */
function typeFor(script: string): 'classic' | 'module' {
  return script.startsWith('blob:null/') ? 'classic' : 'module';
}

function importing(script: string): string {
  const source = `import ${JSON.stringify(script)};`;
  return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}
