/** Stands for `reductions.ts` in the scripts of pages, which have no communicator, and make no plans for several ranks. */
export function communicates(): boolean {
  return false;
}

export function checkRanks(): void {
  return;
}

export class Reductions {
  readonly pending = false;

  do(): void {
    return;
  }

  look(): void {
    return;
  }
}

/** No part is ever waited for. */
export function inTurn<T>(parts: readonly T[], work: (part: T) => void | Promise<void>): void {
  for (const part of parts) void work(part);
}
