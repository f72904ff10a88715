import { hasCode } from '../../../src/base/file-errors.ts';
import type { FileSystem, OpenFlags } from '../../../src/run/folder/file-system.ts';

/** What is done to a file system, as JSON: an operation and what it is given. */
export type FileStep =
  | readonly ['write', path: string, flags: Exclude<OpenFlags, 'r'>, ...texts: string[]]
  | readonly ['read', path: string]
  | readonly ['readAt', path: string, position: number, length: number]
  | readonly ['readFile', path: string, most?: number]
  | readonly ['truncate', path: string, size: number, text: string]
  | readonly ['rename', from: string, to: string]
  | readonly ['unlink' | 'mkdir' | 'rmdir' | 'readdir' | 'stat' | 'syncFolder', path: string];

/** Does the steps and gives what each came to: what it read, or the code of its error. */
export async function doSteps(
  files: FileSystem,
  at: (path: string) => string,
  steps: readonly FileStep[],
): Promise<string[]> {
  const outcomes: string[] = [];
  for (const step of steps) {
    outcomes.push(
      `${step.join(' ')}: ${await doStep(files, at, step).then(
        (value) => value ?? 'done',
        (error: unknown) => failureOf(error).replaceAll(at(''), ''),
      )}`,
    );
  }
  return outcomes;
}

function failureOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    // POSIX lets systems choose.
    return hasCode(error, 'EISDIR', 'EPERM') ? 'EISDIR' : error.code;
  }
  return String(error);
}

async function doStep(
  files: FileSystem,
  at: (path: string) => string,
  step: FileStep,
): Promise<string | undefined> {
  const path = at(step[1]);
  switch (step[0]) {
    case 'write': {
      const [, , flags, ...texts] = step;
      const file = await files.open(path, flags);
      try {
        for (const text of texts) await file.write(new TextEncoder().encode(text));
        await file.sync();
        return String((await file.stat()).size);
      } finally {
        await file.close();
      }
    }
    case 'truncate': {
      const file = await files.open(path, 'r+');
      try {
        await file.truncate(step[2]);
        await file.write(new TextEncoder().encode(step[3]));
        return String((await file.stat()).size);
      } finally {
        await file.close();
      }
    }
    case 'read':
      return readAt(files, path, 0, 1000);
    case 'readAt':
      return readAt(files, path, step[2], step[3]);
    case 'readFile':
      return new TextDecoder().decode(await files.readFile(path, step[2]));
    case 'rename':
      await files.rename(path, at(step[2]));
      return undefined;
    case 'readdir':
      return (await files.readdir(path)).sort().join(',');
    case 'stat': {
      const stats = await files.stat(path);
      return stats.isFile() ? `file of ${stats.size}` : stats.isDirectory() ? 'folder' : 'something';
    }
    default:
      await files[step[0]](path);
      return undefined;
  }
}

async function readAt(files: FileSystem, path: string, position: number, length: number): Promise<string> {
  const file = await files.open(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    const read = await file.read(bytes, position);
    return new TextDecoder().decode(bytes.subarray(0, read));
  } finally {
    await file.close();
  }
}
