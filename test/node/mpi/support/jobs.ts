import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A launcher of this machine, with what it needs to start any number of ranks as any user. */
export interface Launcher {
  readonly name: 'MPICH' | 'Open MPI';
  readonly command: string;
  readonly args: readonly string[];
}

const all: readonly Launcher[] = [
  { name: 'MPICH', command: 'mpirun.mpich', args: [] },
  { name: 'Open MPI', command: 'mpirun.openmpi', args: ['--oversubscribe', '--quiet'] },
];

export const launchers = all.filter(({ command }) => spawnSync(command, ['--version']).status === 0);

for (const { name, command } of all) {
  if (!launchers.some((launcher) => launcher.command === command)) {
    console.warn(`not tested: ranks of ${name}, whose ${command} is not installed`);
  }
}

export interface Job {
  /** Of the launcher. */
  readonly code: number | null;
  readonly stdout: string;
  /** What Cardinal wrote, line by line: launchers have words of their own. */
  readonly said: readonly string[];
}

const rankProgram = fileURLToPath(new URL('rank.ts', import.meta.url));

/** Starts `size` ranks of rank.ts, which do what is called `part`. */
export function runRanks(
  launcher: Launcher,
  size: number,
  part: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Job> {
  return runJob(launcher, size, [process.execPath, rankProgram, part], env);
}

export function runJob(
  { command, args }: Launcher,
  size: number,
  program: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd?: string,
  /** Called with all that was written to stderr so far, whenever something is. */
  onStderr?: (stderr: string) => void,
): Promise<Job> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args, '-n', String(size), ...program], {
      env: {
        ...process.env,
        NO_COLOR: '1',
        OMPI_ALLOW_RUN_AS_ROOT: '1',
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
        ...env,
      },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr?.(stderr);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      // MPICH's launcher passes both streams on in pieces of their own.
      const said = stderr.split('\n').filter((line) => line.startsWith('cardinal: '));
      resolve({ code, stdout, said });
    });
  });
}
