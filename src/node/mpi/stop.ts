import type { MpiCommunicator } from './communicator.ts';

/** That the ranks stop here, and why. */
export interface Stop {
  /** The largest of the ranks' wishes: an exit code, 143 for SIGTERM. */
  readonly code: number;
  /** The first rank that has it. */
  readonly rank: number;
}

/**
 * Decides together whether to stop, so that all ranks do at the same step: signals reach them at different moments, and some do not get
 * any. Every rank calls it at the end of each step, where they have just waited for each other's gradients; `wish` is 0 to go on, or
 * the exit code (1 to 255) of what asks this rank to stop. Undefined: all go on.
 */
export function agreeToStop(communicator: MpiCommunicator, wish: number): Stop | undefined {
  const wishes = communicator.gatherEqual(Uint8Array.of(wish), 'the end of a step');
  let rank = 0;
  for (const [other, code] of wishes.entries()) if (code > wishes[rank]) rank = other;
  return wishes[rank] === 0 ? undefined : { code: wishes[rank], rank };
}
