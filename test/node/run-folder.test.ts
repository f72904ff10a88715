import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { fileError } from '../../src/base/file-errors.ts';
import { readFile as readBytes, writeFileAtomic } from '../../src/node/files.ts';
import { RunFolder } from '../../src/node/run-folder.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-run-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function recordsOf(folder: RunFolder): Promise<unknown[]> {
  const records: unknown[] = [];
  for await (const { record } of folder.readMetrics()) records.push(record);
  return records;
}

async function fresh(name: string): Promise<string> {
  const path = join(root, name);
  await mkdir(path);
  return path;
}

test('a folder that cannot be opened after all is not kept locked', async () => {
  const folder = await fresh('half-open');
  // Called as what an interrupted write leaves, but it cannot be taken away.
  const odd = `.last.safetensors.${randomUUID()}.tmp`;
  await mkdir(join(folder, odd));
  await expect(RunFolder.open(folder)).rejects.toThrow(/^cannot remove /);
  expect(await readdir(folder)).toEqual([odd]);
  await writeFile(join(folder, 'last.safetensors'), '');
  await expect(RunFolder.create(folder)).rejects.toThrow(/holds a run already/);
  expect(await readdir(folder)).toEqual([odd, 'last.safetensors']);
});

describe('writing a file', () => {
  test('replaces the old one and leaves nothing beside it', async () => {
    const folder = await fresh('replace');
    await writeFileAtomic(join(folder, 'a'), 'one');
    await writeFileAtomic(join(folder, 'a'), Uint8Array.of(50));
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('2');
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('onto a folder fails in one line, and leaves the folder as it was', async () => {
    const folder = await fresh('onto-folder');
    await mkdir(join(folder, 'a'));
    const failed = writeFileAtomic(join(folder, 'a'), 'one');
    await expect(failed).rejects.toThrow(CardinalError);
    await expect(failed).rejects.toThrow(/^cannot write .*a: it is a folder, not a file$/);
    expect(await readdir(folder)).toEqual(['a']);
  });

  test('into a missing folder, or into a file as if it were one', async () => {
    await expect(writeFileAtomic(join(root, 'missing', 'a'), '')).rejects.toThrow(/no such file or folder/);
    await writeFile(join(root, 'file'), '');
    await expect(writeFileAtomic(join(root, 'file', 'a'), '')).rejects.toThrow(/is a file, not a folder/);
  });

  test.skipIf(process.platform !== 'linux')('that does not fit keeps the old file whole', async () => {
    const folder = await fresh('limit');
    await writeFile(join(folder, 'a'), 'old');
    const files = new URL('../../src/node/files.ts', import.meta.url).href;
    const script = `
      const { writeFileAtomic } = await import(${JSON.stringify(files)});
      await writeFileAtomic(${JSON.stringify(join(folder, 'a'))}, new Uint8Array(1e6)).catch((e) => console.log(e.message));`;
    // Files of at most 8 blocks: the write begins and then fails, as on a full disk.
    const command = `ulimit -f 8; trap '' XFSZ; exec "$0" --input-type=module -e "$1"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', command, process.execPath, script]);
    expect(stdout).toMatch(/^cannot write .*a: the file is too large for this file system\n$/);
    expect(await readdir(folder)).toEqual(['a']);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old');
  });

  test.each([
    ['ENOSPC', /^cannot write x: the disk is full/],
    ['EROFS', /^cannot write x: the file system is read-only/],
    ['EACCES', /^cannot write x: permission denied/],
    ['toString', /^cannot write x: system\nsays$/],
  ])('%s in words', (code, message) => {
    const error = fileError('write', 'x', Object.assign(new Error('system\nsays'), { code }));
    if (code === 'toString') expect(error.message).toBe('cannot write x: system');
    else expect(error.message).toMatch(message);
  });

  test('reading a folder or nothing', async () => {
    await expect(readBytes(root)).rejects.toThrow(/it is a folder/);
    await expect(readBytes(join(root, 'nothing'))).rejects.toThrow(
      /^cannot read .*nothing: no such file or folder$/,
    );
  });
});

describe('the lock', () => {
  test('a folder is one process’s at a time', async () => {
    const path = join(root, 'locked');
    const folder = await RunFolder.create(path);
    await expect(RunFolder.open(path)).rejects.toThrow(
      new RegExp(`^run folder .*locked is already in use by process ${process.pid}; `),
    );
    await folder.close();
    await (await RunFolder.open(path)).close();
    expect(await readdir(path)).toEqual([]);
  });

  test('another process’s lock counts while it lives, and not after it was killed', async () => {
    const path = await fresh('killed');
    const module = new URL('../../src/node/run-folder.ts', import.meta.url).href;
    const script = `
      const { RunFolder } = await import(${JSON.stringify(module)});
      await RunFolder.open(${JSON.stringify(path)});
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await expect(RunFolder.open(path)).rejects.toThrow(new RegExp(`in use by process ${child.pid ?? 0}`));
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    const folder = await RunFolder.open(path);
    await folder.close();
  });

  test.skipIf(process.platform !== 'linux')(
    'a lock of an earlier process with the same id is stale',
    async () => {
      const path = await fresh('recycled');
      const lock = { pid: process.pid, started: '1', host: hostname() };
      await writeFile(join(path, '.lock-old'), JSON.stringify(lock));
      await (await RunFolder.open(path)).close();
    },
  );

  test('a lock from another machine cannot be judged', async () => {
    const path = await fresh('elsewhere');
    await writeFile(join(path, '.lock-old'), JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' }));
    await expect(RunFolder.open(path)).rejects.toThrow(
      /process 1 on elsewhere; .* if it has ended, take the run over with `takeOver: true`$/,
    );
  });

  test('of many that want it at once, never two get it', async () => {
    const path = await fresh('race');
    await writeFile(
      join(path, '.lock-old'),
      JSON.stringify({ pid: 2 ** 30, started: '1', host: hostname() }),
    );
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => RunFolder.open(path)));
    const winners = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(winners.length).toBeLessThanOrEqual(1);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(CardinalError);
      else await attempt.value.close();
    }
    await (await RunFolder.open(path)).close();
    expect(await readdir(path)).toEqual([]);
  });
});

describe('a run folder', () => {
  test('is not made where a run is, and not opened where none is', async () => {
    const path = join(root, 'twice');
    const folder = await RunFolder.create(path);
    await folder.write('last.safetensors', '');
    await folder.close();
    await expect(RunFolder.create(path)).rejects.toThrow(
      /holds a run already: continue it with `resume`, or choose another folder with `out`/,
    );
    await expect(RunFolder.open(join(root, 'never'))).rejects.toThrow(
      /^no run folder .*never: it does not exist$/,
    );
    // The refused attempt gave its lock back.
    await (await RunFolder.open(path)).close();
  });

  test('gets a name that is free', async () => {
    expect(await RunFolder.freshPath(join(root, 'nowhere'), 'run')).toBe(join(root, 'nowhere', 'run'));
    await fresh('names');
    await mkdir(join(root, 'names', 'run'));
    await mkdir(join(root, 'names', 'run-2'));
    expect(await RunFolder.freshPath(join(root, 'names'), 'run')).toBe(join(root, 'names', 'run-3'));
  });

  test('drops what a killed writer left', async () => {
    const path = await fresh('litter');
    await writeFile(join(path, `.last.safetensors.${randomUUID()}.tmp`), 'half');
    // Somebody's own, of the editor for instance.
    await writeFile(join(path, '.notes.tmp'), '');
    const folder = await RunFolder.open(path);
    expect(await readdir(path)).toEqual([expect.stringMatching(/^\.lock-/), '.notes.tmp']);
    await folder.close();
  });

  test('has each step and epoch once in its metrics after it was continued', async () => {
    const folder = await RunFolder.create(join(root, 'metrics'));
    const write = async (...records: object[]) => {
      for (const record of records) await folder.appendMetrics(record);
    };
    await write({ type: 'step', epoch: 0, step: 1, loss: 2 }, { type: 'step', epoch: 0, step: 2, loss: 1 });
    await write({ type: 'epoch', epoch: 0, step: 2 }, { type: 'step', epoch: 1, step: 3 });
    // Killed in the middle of a line; the checkpoint is of step 2, before the epoch was evaluated.
    await writeFile(join(folder.path, 'metrics.jsonl'), '{"type":"step","ep', { flag: 'a' });
    await folder.rewindMetrics({ step: 2, epoch: 0 });
    await write({ type: 'epoch', epoch: 0, step: 2 }, { type: 'step', epoch: 1, step: 3, loss: 0.5 });
    expect(await recordsOf(folder)).toEqual([
      { type: 'step', epoch: 0, step: 1, loss: 2 },
      { type: 'step', epoch: 0, step: 2, loss: 1 },
      { type: 'epoch', epoch: 0, step: 2 },
      { type: 'step', epoch: 1, step: 3, loss: 0.5 },
    ]);
    await folder.close();
  });

  test('without metrics or checkpoint says so', async () => {
    const folder = await RunFolder.create(join(root, 'empty'));
    expect(await recordsOf(folder)).toEqual([]);
    await expect(folder.readCheckpoint()).rejects.toThrow(/cannot read .*last\.safetensors: no such file/);
    await folder.close();
  });
});
