import type { Backend, Program } from '../backends/backend.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { Plan } from '../plan/plan.ts';
import { writeWeights } from './state.ts';

/**
 * A plan in a device's memory with these weights. With `between`, it is awaited after every few MiB, and then `state` must not change until this
 * resolves. The memory is freed again if they do not fit.
 */
export async function loadWith(
  backend: Backend,
  plan: Plan,
  state: StateDict,
  between?: () => Promise<void>,
): Promise<Program> {
  const program = await backend.load(plan);
  try {
    await writeWeights(program, state, between);
    return program;
  } catch (error) {
    await program.dispose();
    throw error;
  }
}
