import { nativeKernels } from './blas-kernels.ts';
import type { OpenSgemm } from './blas.ts';
import { SCRATCH_BYTES } from './call.ts';
import { NOT_BEGUN, announceChange, awaitChange, control } from './control.ts';
import { link } from './messages.ts';
import type { WorkerPort } from './messages.ts';
import { walk } from './walk.ts';
import type { CallList, Team } from './walk.ts';

interface LoadedProgram {
  readonly lists: readonly CallList[];
  readonly scratch: number;
}

/**
 * The life of a worker: it sleeps on shared memory until the main thread announces a run, walks its share, sleeps again.
 * `openSgemm` opens the native library's matmul, if the backend has one. A sleeping worker hears no messages, so the
 * main thread counts those it posts and wakes it to listen.
 */
export function serve(port: WorkerPort, openSgemm?: OpenSgemm): void {
  const programs = new Map<number, LoadedProgram>();
  let team: Team | undefined;
  let handled = 0;
  let runs = 0;

  port.onMessage((message) => {
    switch (message.type) {
      case 'start':
        team = { words: message.words, threads: message.threads, thread: message.thread, maySleep: true };
        runs = Atomics.load(message.words, control.runs);
        port.answer();
        break;
      case 'load': {
        const instance = new WebAssembly.Instance(message.module, { env: { memory: message.memory } });
        const native = nativeKernels(openSgemm, message.memory, instance);
        programs.set(message.program, {
          lists: message.lists.map((list) => link(list, instance, native)),
          scratch: message.scratch + (team?.thread ?? 0) * SCRATCH_BYTES,
        });
        port.answer();
        break;
      }
      case 'unload':
        programs.delete(message.program);
        port.answer();
        break;
    }
    handled++;
    if (team !== undefined) work(team);
  });

  /** Takes part in runs until there is a message to listen to. */
  function work(team: Team): void {
    const { words } = team;
    for (;;) {
      const news = Atomics.load(words, control.news);
      const current = Atomics.load(words, control.runs);
      if (current !== runs) {
        runs = current;
        takePart(team);
      } else if (Atomics.load(words, control.posted) !== handled) {
        return;
      } else {
        awaitChange(words, control.news, news, control.idle, true);
      }
    }
  }

  function takePart(team: Team): void {
    const { words } = team;
    const program = programs.get(Atomics.load(words, control.program));
    if (program === undefined) {
      // The others would wait for this thread for ever.
      Atomics.store(words, control.failed, NOT_BEGUN);
      announceChange(words, control.phase, control.asleep);
      return;
    }
    try {
      walk(program.lists[Atomics.load(words, control.list)], program.scratch, team);
    } catch {
      // `walk` has told the others through shared memory, and the main thread reports it.
    }
  }
}
