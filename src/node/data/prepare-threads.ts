import { availableParallelism } from 'node:os';

import { DeviceLostError, DisposedError, messageOf, UnreadableError } from '../../base/errors.ts';
import { cannotRead } from '../../data/gather.ts';
import { PixelBudget } from '../../data/pixel-budget.ts';
import type { PictureLimits } from '../../data/picture-limits.ts';
import { Places } from '../../use/batch/places.ts';
import {
  decodeHere,
  prepareHere,
  type PicturePreparer,
  type PrepareContext,
} from '../../use/batch/prepare.ts';
import { threadScript } from '../package-files.ts';
import { isQuick } from './is-quick.ts';
import { OwnReasons } from './own-reasons.ts';
import { nodePictures } from './pictures.ts';
import type { PictureWork, PrepareCallbacks, PrepareService } from './prepare-service.ts';
import { nameOf, PrepareThread } from './prepare-thread.ts';

/** Threads in which a picture may end until it is not tried again: what ended the first may have been another's fault. */
const mostTries = 2;

/**
 * Threads that decode and resize pictures, one each at a time, so no more are in memory than there are threads; large ones one after the
 * other, so that all together have less than twice the pixels that one may have. They start when they are needed. One that dies is
 * replaced, and its picture is decoded again.
 */
export class PrepareThreads {
  readonly #script: () => URL;
  readonly #size: number;
  readonly #places: Places;
  /** Of pictures that are larger than each thread's share. */
  readonly #budget = new PixelBudget();
  readonly #all = new Set<PrepareThread>();
  readonly #idle: PrepareThread[] = [];

  constructor(size: number, script: () => URL) {
    this.#script = script;
    this.#size = size;
    this.#places = new Places(size);
  }

  /** Throws a `CardinalError` if the picture cannot be read, or a thread cannot be started. */
  async do<K extends PictureWork>(
    name: K,
    picture: PrepareService[K]['args'][0],
    signal: AbortSignal,
  ): Promise<PrepareService[K]['result']> {
    const leave = await this.#places.take(signal);
    try {
      for (let tries = 1; ; tries++) {
        signal.throwIfAborted();
        const thread = this.#take();
        const { room, end } = this.#room(picture.limits);
        try {
          return await thread.do(name, picture, room);
        } catch (error) {
          const { lost } = thread;
          // Else it is what is wrong with the picture.
          if (!(lost instanceof DeviceLostError)) throw error;
          if (tries < mostTries) continue;
          throw new UnreadableError(
            `${cannotRead(nameOf(picture.received))}: ${mostTries} threads ended while they decoded it: ${messageOf(lost)}`,
            { cause: lost },
          );
        } finally {
          end();
          if (thread.lost === undefined) this.#idle.push(thread);
          else this.#all.delete(thread);
        }
      }
    } finally {
      leave();
    }
  }

  async dispose(): Promise<void> {
    const reason = new DisposedError('the classifier was disposed of; make another to use it');
    await Promise.all([...this.#all].map((thread) => thread.end(reason)));
  }

  /** Room for a large picture, from when it is there until the end. */
  #room({ maxPixels }: PictureLimits): {
    readonly room: PrepareCallbacks['room'];
    readonly end: () => void;
  } {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const room = (pixels: number): Promise<void> =>
      new Promise((begin) => {
        void this.#budget.take(pixels, maxPixels, () => {
          begin();
          return promise;
        });
      });
    return {
      room,
      end: () => {
        resolve(undefined);
      },
    };
  }

  #take(): PrepareThread {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.lost === undefined) return idle;
      this.#all.delete(idle);
    }
    const thread = new PrepareThread(this.#script(), { threads: this.#size });
    this.#all.add(thread);
    return thread;
  }
}

/** What all classifiers of this thread share: so many threads, however many classifiers there are. */
let shared: { readonly threads: PrepareThreads; readonly reasons: OwnReasons; users: number } | undefined;

/** Half of what the machine runs at once, at most four: the others compute. */
function usualThreads(): number {
  return Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)));
}

/**
 * Prepares pictures in threads that all classifiers share, but small ones in the calling thread, and one that comes alone: then nothing is
 * done beside it. With `keepFree` that one in a thread, too. The threads end with the last of their users.
 */
export function nodePreparer(keepFree: boolean): PicturePreparer {
  shared ??= {
    threads: new PrepareThreads(usualThreads(), () => threadScript('data/prepare-worker')),
    reasons: new OwnReasons(),
    users: 0,
  };
  const used = shared;
  used.users++;
  const isHere = ({ alone }: PrepareContext): boolean => alone && !keepFree;
  let isDisposed = false;
  return {
    prepare: (picture, context) =>
      used.reasons.of(
        () =>
          isHere(context) || isQuick(picture.received, picture.preprocessing)
            ? prepareHere(picture, nodePictures)
            : used.threads.do('prepare', picture, context.signal),
        context.signal,
      ),
    decode: (picture, context) =>
      used.reasons.of(
        () =>
          isHere(context)
            ? decodeHere(picture, nodePictures)
            : used.threads.do('decode', picture, context.signal),
        context.signal,
      ),
    dispose: async () => {
      if (isDisposed) return;
      isDisposed = true;
      if (--used.users > 0) return;
      if (shared === used) shared = undefined;
      await used.threads.dispose();
    },
  };
}
