import { DeviceLostError } from '../../base/errors.ts';
import { Answers } from '../../backends/wasm/answers.ts';
import type { Message, WorkerHandle } from '../../backends/wasm/messages.ts';
import { lifeName, whenGone } from '../life.ts';
import { startWorker } from '../start-worker.ts';
import type { WorkerStart } from '../worker.ts';

/**
 * What an engine tells its page of each of its threads. An engine that sleeps because it waits for a thread hears of nothing, so the
 * page watches the thread's lock as well, and wakes the engine by the words by which the threads meet.
 */
export interface WatchedThread {
  readonly watch: string;
  readonly words: Int32Array;
}

/** Starts a thread of the WebAssembly backend; `tell` gives the page what it watches. */
export function spawnThread(
  script: string,
  tell: ((watched: WatchedThread) => void) | undefined,
): WorkerHandle {
  const worker = startWorker(script, 'a thread that computes');
  const { port } = worker;
  const answers = new Answers();
  const watching = new AbortController();
  const life = lifeName();
  port.listen(() => {
    answers.came();
  });
  port.onEnd?.((error) => {
    watching.abort();
    answers.end(error);
  });
  const ask = (message: Message | WorkerStart): Promise<void> =>
    answers.of(() => {
      port.post(message, []);
    });
  // Once it sleeps it takes no lock.
  const alive = ask({ role: 'thread', life });
  alive.catch(() => undefined);
  return {
    request: async (message) => {
      await alive;
      await ask(message);
      if (message.type === 'start') watch(message);
    },
    onEnd: (handler) => {
      answers.onEnd(handler);
    },
    terminate: () => {
      worker.end(new Error('a thread of the wasm backend ended'));
      return Promise.resolve();
    },
  };

  function watch({ words }: Extract<Message, { readonly type: 'start' }>): void {
    if (life === undefined) return;
    whenGone(life, watching.signal, () => {
      worker.end(new DeviceLostError('its worker ended'));
    });
    tell?.({ watch: life, words });
  }
}
