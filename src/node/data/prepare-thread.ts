import { Worker } from 'node:worker_threads';

import { connect } from '../../base/channel/connect.ts';
import type { CallbacksOf, Channel } from '../../base/channel/service.ts';
import { UnreadableError } from '../../base/errors.ts';
import { cannotRead } from '../../data/gather.ts';
import { tookTooLong } from '../../data/in-time.ts';
import type { ReceivedPicture } from '../../data/picture-input.ts';
import type { PictureToDecode } from '../../use/batch/prepare.ts';
import { portOfThread } from '../thread-port.ts';
import type { PictureWork, PrepareCallbacks, PrepareData, PrepareService } from './prepare-service.ts';

/** The times that a picture may take until its thread is ended: a decoder that looks at the time itself goes first. */
const patience = 1.25;
/** Looks at a thread in the time that a picture may take. */
const looks = 10;

/** A thread that prepares one picture at a time. */
export class PrepareThread {
  readonly #worker: Worker;
  readonly #channel: Channel<PrepareService>;
  #ready: Promise<void> | undefined;

  constructor(script: URL, workerData: PrepareData) {
    this.#worker = new Worker(script, {
      name: 'cardinal-pictures',
      workerData,
      // Options of the command line are meant for the main script; some, as --input-type, keep a worker from starting.
      execArgv: [],
    });
    this.#channel = connect<PrepareService>(portOfThread(this.#worker, 'the thread that decoded it'));
  }

  /** Why it does nothing any more. */
  get lost(): Error | undefined {
    return this.#channel.ended;
  }

  /**
   * Throws what the work does. A picture that takes too long counts as one that cannot be read, and the thread is `lost`; so it is when it
   * ends by itself. `room` is asked before a large picture is decoded.
   */
  async do<K extends PictureWork>(
    name: K,
    picture: PrepareService[K]['args'][0],
    room: PrepareCallbacks['room'],
  ): Promise<PrepareService[K]['result']> {
    // How long a thread takes to start, many seconds on a busy machine, is no fault of its first picture's.
    await (this.#ready ??= this.#channel.call('ready', []));
    const { sent, transfer } = parcelOf(picture);
    const watch = this.#watch(picture);
    const on: PrepareCallbacks = {
      room: async (pixels) => {
        // Time that it waits is not its own.
        watch.stop();
        await room(pixels);
        if (this.lost === undefined) watch.start();
      },
    };
    watch.start();
    try {
      // All calls have these arguments and callbacks, which TypeScript does not see of any one.
      return await this.#channel.call(name, [sent] as PrepareService[K]['args'], {
        transfer,
        on: on as CallbacksOf<PrepareService[K]['callbacks']>,
      });
    } finally {
      watch.stop();
    }
  }

  /** Ends it; resolves when it has ended. */
  async end(reason: Error): Promise<void> {
    this.#channel.end(reason);
    // Else the process may end, with whoever awaits this, before the thread has.
    this.#worker.ref();
    await this.#worker.terminate();
  }

  /**
   * Ends the thread if a picture is not done after many looks. What counts is how often one looked: the thread that looks may have been
   * busy, and not have read the answer that is there.
   */
  #watch({ received, limits: { decodeSeconds } }: PictureToDecode): {
    readonly start: () => void;
    readonly stop: () => void;
  } {
    const late = new UnreadableError(`${cannotRead(nameOf(received))}: ${tookTooLong(decodeSeconds)}`);
    let timer: NodeJS.Timeout | undefined;
    return {
      start: () => {
        let seen = 0;
        const look = (): void => {
          if (++seen > patience * looks) void this.end(late);
        };
        timer = setInterval(look, (1000 * decodeSeconds) / looks);
      },
      stop: () => {
        clearInterval(timer);
      },
    };
  }
}

/** What a person knows a picture by. */
export function nameOf(received: ReceivedPicture): string | undefined {
  if (received.kind === 'file') return received.path;
  return received.kind === 'bytes' ? received.name : undefined;
}

/** Bytes are copied, once, without what lies beside them in a larger buffer: the caller's own are needed if the thread dies. */
function parcelOf<T extends PictureToDecode>(
  picture: T,
): { readonly sent: T; readonly transfer: readonly ArrayBuffer[] } {
  const { received } = picture;
  if (received.kind === 'file') return { sent: picture, transfer: [] };
  if (received.kind === 'bytes') {
    const bytes = new Uint8Array(received.bytes);
    return { sent: { ...picture, received: { ...received, bytes } }, transfer: [bytes.buffer] };
  }
  const data = new Uint8Array(received.picture.data);
  return {
    sent: { ...picture, received: { kind: 'pixels', picture: { ...received.picture, data } } },
    transfer: [data.buffer],
  };
}
