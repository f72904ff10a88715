import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CardinalError } from '../../src/base/errors.ts';

/** A script of this folder. */
export function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** autocannon's timers have it, late as they are on a busy machine. */
const quiet = '--disable-warning=TimeoutNegativeWarning';

/** The line of JSON that a script of this folder prints. Throws a `CardinalError` if it ends otherwise. */
export async function answerOf(name: string, args: readonly string[]): Promise<unknown> {
  const child = spawn(process.execPath, [quiet, script(name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const printed = await text(child.stdout);
  const [code] = await exit;
  if (code !== 0) throw new CardinalError(`${name} ended with exit code ${code}`);
  return JSON.parse(printed) as unknown;
}
