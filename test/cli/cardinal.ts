import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const ownBin = fileURLToPath(new URL('../../bin/cardinal.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Of another installation than this repository. */
  readonly bin?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What comes on standard input. Default: nothing. */
  readonly stdin?: Uint8Array;
  /** Called with the process and everything it has written to stderr so far, whenever it writes there. */
  readonly onStderr?: (child: ChildProcess, stderr: string) => void;
}

/** What a command is started with. Without the name under which a shell started the tests: SIGHUP is ignored under nohup. */
export const environment: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', _: '' };

/** Runs the built command line as a user does: a process of its own, no terminal. */
export function cardinal(
  args: readonly string[],
  { bin = ownBin, cwd, env, stdin, onStderr }: RunOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd,
      env: { ...environment, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A command that reads none of it may end before it is written.
    child.stdin.on('error', () => undefined).end(stdin);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr?.(child, stderr);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}
