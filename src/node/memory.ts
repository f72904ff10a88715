import { totalmem } from 'node:os';

/** Memory in bytes. */
export interface Memory {
  /** The machine's. */
  readonly total: number;
  /** What the container, or another control group, lets this process have, if that is less. */
  readonly limit: number | undefined;
}

/**
 * `constrained` is what Node reports: 0 or nothing if it does not know, and a number beyond any memory where there is
 * no limit.
 */
export function memory(total = totalmem(), constrained = process.constrainedMemory()): Memory {
  return { total, limit: constrained > 0 && constrained < total ? constrained : undefined };
}

/** Beside programs: Node itself, its threads, pictures and what is read of them. */
const besides = 128 * 2 ** 20;

/**
 * The most bytes that one program of a backend may take, if it is not to be ended, or put on the disk, by the system: three quarters
 * of the memory there is, less what the process needs anyway. The rest is for checkpoints, which are made whole before they are
 * written, for batches that are ahead, and for a second program, which validates.
 */
export function largestProgram({ total, limit = total }: Memory = memory()): number {
  return Math.max(0, Math.floor(0.75 * limit) - besides);
}
