import type { Call } from '../../base/channel/service.ts';
import type { Entry, Plan } from '../../plan/plan.ts';
import type { Backend, Order } from '../backend.ts';

/** A backend as another thread asks it. Programs are known by numbers. */
export interface BackendService {
  load: Call<[plan: Plan], number>;
  write: Call<[program: number, name: string, data: Float32Array, order: Order]>;
  run: Call<[program: number, entry: Entry]>;
  read: Call<[program: number, names: readonly string[], order: Order], Float32Array[]>;
  release: Call<[program: number]>;
  dispose: Call;
}

/** What a backend says of itself, as plain data: what the other side needs before it asks for anything. */
export type BackendFacts = Pick<
  Backend,
  'name' | 'description' | 'numerics' | 'ranks' | 'alignment' | 'maxBytes' | 'maxBufferBytes'
>;

export function factsOf(backend: Backend): BackendFacts {
  const { name, description, numerics, ranks, alignment, maxBytes, maxBufferBytes } = backend;
  return { name, description, numerics, ranks, alignment, maxBytes, maxBufferBytes };
}

/** What planning and listings ask of a backend: answered on the asking side, by the same functions. */
export type Planning = Pick<Backend, 'workspaceBytes' | 'supports' | 'workOf' | 'kernelsOf'>;
