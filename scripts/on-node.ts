import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Finished {
  /** Undefined if a signal ended the process. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of this folder on some version of Node (`24`, `24.0.0`), which npm brings. */
export async function onNode(version: string, script: string, args: readonly string[]): Promise<Finished> {
  const command = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  const node = ['--yes', '--package', `node@${version}`, 'node'];
  return await finish(command, [...node, script, ...args]);
}

/** Runs a program in the root of this repository to its end. */
export async function finish(command: string, args: readonly string[]): Promise<Finished> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const code = await new Promise<number | undefined>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? undefined);
    });
  });
  return { code, stdout, stderr };
}
