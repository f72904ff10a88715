import { CardinalError } from '../../base/errors.ts';
import type { DecodingNote } from '../../data/decode-watch.ts';
import type { WorkerReply, WorkerSetup } from '../../data/pool-messages.ts';
import type { StartDecoderThread } from '../../data/pool-place.ts';
import { lifeName, whenGone } from '../life.ts';
import { startWorker } from '../start-worker.ts';
import type { JpegUrls } from './jpeg.ts';

/** The first message to a worker that is to decode. */
export interface DecoderStart {
  readonly role: 'decoder';
  readonly setup: WorkerSetup;
  readonly jpeg: JpegUrls | undefined;
  readonly life: string | undefined;
}

/** What it says: first that it lives. */
export type DecoderMessage = 'alive' | WorkerReply | DecodingNote;

const what = 'a thread that decodes pictures';

/** Starts threads of a pool of decoders with this script. */
export function decoderThreads(script: string, jpeg: JpegUrls | undefined): StartDecoderThread {
  return (setup, { onMessage, onEnd }) => {
    const worker = startWorker(script, what);
    const { port } = worker;
    const life = lifeName();
    const watching = new AbortController();
    /** Before it lives nobody would notice that it is gone, with what it was given. */
    const waiting: (() => void)[] = [];
    let isAlive = false;
    port.listen((given) => {
      const message = given as DecoderMessage;
      if (message !== 'alive') onMessage(message);
      else {
        isAlive = true;
        for (const send of waiting.splice(0)) send();
        whenGone(life, watching.signal, () => {
          worker.end(new CardinalError(`${what} ended unexpectedly`));
        });
      }
    });
    port.onEnd?.((error) => {
      watching.abort();
      onEnd(error);
    });
    const stop = (): void => {
      watching.abort();
      worker.end(new Error(`${what} was ended`));
    };
    try {
      port.post({ role: 'decoder', setup, jpeg, life } satisfies DecoderStart, []);
    } catch (error) {
      stop();
      throw error;
    }
    return {
      post: (message, transfer = []) => {
        const send = (): void => {
          port.post(message, transfer);
        };
        if (isAlive) send();
        else waiting.push(send);
      },
      setBusy: () => undefined,
      terminate: () => {
        stop();
        return Promise.resolve();
      },
    };
  };
}
