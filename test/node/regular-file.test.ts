import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFileSource } from '../../src/node/byte-source.ts';
import { readFile, readTextFile } from '../../src/node/files.ts';
import { openRegular, readRegular } from '../../src/node/regular-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-regular-'));
});
afterAll(() => rm(folder, { recursive: true }));

const readers = { openFileSource, readFile, readTextFile, openRegular, readRegular };

describe.each(Object.entries(readers))('%s', (_, read) => {
  it('refuses a folder', async () => {
    await mkdir(join(folder, 'folder'), { recursive: true });
    await expect(read(join(folder, 'folder'))).rejects.toThrow(
      `cannot read ${join(folder, 'folder')}: it is a folder, not a file`,
    );
  });

  it.runIf(process.platform !== 'win32')('refuses devices, pipes and sockets, without waiting', async () => {
    await rm(join(folder, 'pipe'), { force: true });
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(read(join(folder, 'pipe'))).rejects.toThrow(
      `cannot read ${join(folder, 'pipe')}: it is a pipe, not a file; save what comes through it, and give the file`,
    );
    await expect(read('/dev/zero')).rejects.toThrow('cannot read /dev/zero: it is a device, not a file');
    await rm(join(folder, 'link'), { force: true });
    await symlink('/dev/zero', join(folder, 'link'));
    await expect(read(join(folder, 'link'))).rejects.toThrow('it is a device, not a file');

    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
    await expect(read(join(folder, 'socket'))).rejects.toThrow('it is a socket, not a file');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('readRegular', () => {
  it('follows a link to a file', async () => {
    await writeFile(join(folder, 'target'), 'weights');
    await symlink('target', join(folder, 'to-target'));
    expect(await readTextFile(join(folder, 'to-target'))).toBe('weights');
  });

  it('refuses a larger file than is wanted without reading it, and takes one of just that size', async () => {
    const path = join(folder, 'sparse');
    await writeFile(path, '');
    await truncate(path, 2 ** 40);
    await expect(readRegular(path)).rejects.toThrow(
      `cannot read ${path}: it has ${2 ** 40} bytes, at most ${2 ** 31} are expected`,
    );
    await truncate(path, 100);
    expect(await readRegular(path, 100)).toHaveLength(100);
    await expect(readRegular(path, 99)).rejects.toThrow('it has 100 bytes, at most 99 are expected');
  });

  it('gives what the file had when it was opened, however it grows', async () => {
    const path = join(folder, 'grows');
    await writeFile(path, 'abc');
    const { handle, size } = await openRegular(path);
    await appendFile(path, 'def');
    await handle.close();
    expect(size).toBe(3);
    expect(await readTextFile(path)).toBe('abcdef');
  });

  it.runIf(process.platform === 'linux')(
    'reads files that do not say their size, up to the limit',
    async () => {
      const text = await readTextFile('/proc/cpuinfo');
      expect(text.length).toBeGreaterThan(20);
      await expect(readRegular('/proc/cpuinfo', 20)).rejects.toThrow(
        'cannot read /proc/cpuinfo: it has more than 20 bytes, at most 20 are expected',
      );
    },
  );
});
