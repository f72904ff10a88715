import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kindOf } from '../../src/node/kind-of.ts';
import { locateInFolder } from '../../src/node/weights-folder.ts';

test('a path is a folder, a file, nothing, or nobody knows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-kind-of-'));
  const at = (...names: readonly string[]): string => join(folder, ...names);
  try {
    await writeFile(at('file'), '');
    await symlink(at('loop'), at('loop'));
    const paths = ['.', 'file', 'none', 'file/below', 'long'.repeat(1000)];
    expect(await Promise.all(paths.map((path) => kindOf(at(path))))).toEqual([
      ...['folder', 'file'],
      ...[undefined, undefined, undefined],
    ]);
    const message = /^cannot open .*loop: too many symbolic links$/;
    await expect(kindOf(at('loop'))).rejects.toThrow(message);
    await expect(locateInFolder(at('loop'), undefined)).rejects.toThrow(message);
  } finally {
    await rm(folder, { recursive: true });
  }
});
