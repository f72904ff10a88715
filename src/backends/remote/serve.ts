import { moved } from '../../base/channel/port.ts';
import type { Handlers } from '../../base/channel/service.ts';
import { DisposedError } from '../../base/errors.ts';
import type { Backend, Program } from '../backend.ts';
import type { BackendService } from './service.ts';

/** What `serve` does on the side of the backend. Programs that the other side holds are disposed of with the backend. */
export function backendHandlers(backend: Backend): Handlers<BackendService> {
  const programs = new Map<number, Program>();
  let loaded = 0;
  const programOf = (number: number): Program => {
    const program = programs.get(number);
    if (program === undefined)
      throw new DisposedError('the program was disposed of; load it again to use it');
    return program;
  };
  return {
    load: async ([plan]) => {
      const program = await backend.load(plan);
      programs.set(++loaded, program);
      return loaded;
    },
    write: ([program, name, data, order]) => {
      programOf(program).write(name, data, order);
    },
    run: ([program, entry]) => programOf(program).run(entry),
    read: async ([program, names, order]) => {
      const arrays = await programOf(program).read(names, order);
      // Copies, each with memory of its own: `read` says so.
      return moved(
        arrays,
        arrays.map(({ buffer }) => buffer as ArrayBuffer),
      );
    },
    release: async ([number]) => {
      const program = programOf(number);
      programs.delete(number);
      await program.dispose();
    },
    dispose: () => backend.dispose(),
  };
}
