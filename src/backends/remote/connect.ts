import type { Channel } from '../../base/channel/service.ts';
import { Disposal } from '../../base/disposal.ts';
import { DisposedError } from '../../base/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Backend } from '../backend.ts';
import { NamedBuffers } from '../named-buffers.ts';
import { ServedPrograms, type Loaded } from '../served-program.ts';
import type { BackendFacts, BackendService, Planning } from './service.ts';

export interface RemoteBackendOptions {
  /** What the backend there says of itself. */
  readonly facts: BackendFacts;
  /** What it would answer to whoever plans. */
  readonly planning: Planning;
  /** Ends the thread of the backend, which has been disposed of: called once. */
  readonly end: () => Promise<void>;
}

/**
 * A backend of another thread: the calling one computes nothing. Turns are taken here, and what is asked for goes over in the order of
 * the calls.
 */
export function connectBackend(
  channel: Channel<BackendService>,
  { facts, planning, end }: RemoteBackendOptions,
): Backend {
  const programs = new ServedPrograms(facts.name);
  const disposal = new Disposal({
    drain: () => programs.drain(),
    cut: () => programs.cutOff(),
    free: async () => {
      // A thread that is gone has nothing left to be freed.
      await channel.call('dispose', []).catch(() => undefined);
      channel.end(new DisposedError(`the ${facts.name} backend was disposed of; create another to use it`));
      await end();
    },
  });
  return {
    ...facts,
    workspaceBytes: (node) => planning.workspaceBytes(node),
    supports: (node) => planning.supports(node),
    workOf: (node) => planning.workOf(node),
    kernelsOf: (plan) => planning.kernelsOf(plan),
    load: async (plan) => {
      programs.check();
      const program = await channel.call('load', [plan]);
      return programs.serve(plan, remoteProgram(channel, program, plan));
    },
    dispose: (options) => disposal.ask(options),
  };
}

function remoteProgram(channel: Channel<BackendService>, program: number, plan: Plan): Loaded {
  const buffers = new NamedBuffers(plan);
  /** Why a write failed there, which nobody awaits. */
  let failed: { readonly error: unknown } | undefined;
  const answered = async <T>(answer: Promise<T>): Promise<T> => {
    const result = await answer;
    // Answers come in order, so by now it is known.
    if (failed !== undefined) throw failed.error;
    return result;
  };
  return {
    write: (name, data, order) => {
      if (channel.ended !== undefined) throw channel.ended;
      buffers.toWrite(name, data, order);
      // The caller may change its array at once.
      const copy = data.slice();
      channel
        .call('write', [program, name, copy, order], { transfer: [copy.buffer] })
        .catch((error: unknown) => {
          failed ??= { error };
        });
    },
    read: async (names, order) => {
      for (const name of names) buffers.toRead(name, order);
      return await answered(channel.call('read', [program, names, order]));
    },
    run: (entry) => answered(channel.call('run', [program, entry])),
    release: () => channel.call('release', [program]).catch(() => undefined),
  };
}
