import { setTimeout as pause } from 'node:timers/promises';
import { vi } from 'vitest';

/** Long for what takes a moment: a busy machine takes as long as it likes. */
const limit = 30_000;

/** Waits until `check` no longer throws; Vitest's own `vi.waitFor` gives up after a second. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: limit, interval: 10 });
}

/** What is read once it holds, or what was read last: what ends by itself may still be ending. `within` is in milliseconds. */
export async function readUntil<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  within = limit,
): Promise<T> {
  const last = performance.now() + within;
  let value = await read();
  while (!holds(value) && performance.now() < last) {
    await pause(20);
    value = await read();
  }
  return value;
}
