import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { onFileSystem, nodeFileSystem } from '../../src/node/file-system.ts';
import { makeFolder } from '../../src/node/files.ts';
import { RunFolder } from '../../src/node/run-folder.ts';
import { remainsIn } from './support/on-node.ts';
import { StudyFolder } from '../../src/node/study/study-folder.ts';
import { temporaryFolder } from './data/support/sources.ts';

const { path: root, remove } = temporaryFolder();
afterAll(remove);

async function holding(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(root, name);
  await mkdir(path);
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  return path;
}

const config = JSON.stringify({ cardinal: '0.1.0', startedAt: '2026-01-02T03:04:05Z', command: 'x' });
const start = '{"type":"start","model":"resnet18","parameters":11}\n';

describe('what a folder holds of a run', () => {
  test.each([
    ['nothing', {}, 'nothing'],
    ['notes', { 'notes.txt': 'mine' }, 'other'],
    ['a start', { 'config.json': config }, 'start'],
    ['a start with metrics', { 'config.json': config, 'metrics.jsonl': start }, 'start'],
    ['a start, torn', { 'metrics.jsonl': start.slice(0, 12) }, 'start'],
    ['a run', { 'last.safetensors': '', 'config.json': 'whatever' }, 'run'],
  ])('%s', async (name, files, remains) => {
    expect(await remainsIn(await holding(name, files))).toBe(remains);
  });

  test.each([
    ['settings', 'config.json', '{"name":"my project"}'],
    ['settings that are no JSON', 'config.json', 'port = 80'],
    ['metrics', 'metrics.jsonl', '{"loss":1}\n{"loss":0.5}\n'],
    ['metrics of another program', 'metrics.jsonl', '{"type":"log","loss":1}\n'],
    ['pictures', 'pictures.jsonl.gz', 'not gzip'],
  ])('somebody else’s %s stay, and are named', async (what, file, text) => {
    const path = await holding(`foreign ${what}`, { [file]: text });
    const refusal = new RegExp(`holds a ${file.replaceAll('.', '\\.')} that no run of Cardinal wrote`);
    await expect(RunFolder.create(path)).rejects.toThrow(refusal);
    const folder = await RunFolder.open(path);
    await expect(folder.hasBegun()).rejects.toThrow(refusal);
    await folder.close();
    expect(await readdir(path)).toEqual([file]);
    expect(await readFile(join(path, file), 'utf8')).toBe(text);
  });

  test('somebody else’s settings stay, though a start’s metrics lie beside them', async () => {
    const path = await holding('mixed', { 'config.json': '{"name":"mine"}', 'metrics.jsonl': start });
    await expect(RunFolder.create(path)).rejects.toThrow(/holds a config\.json that no run/);
    expect((await readdir(path)).sort()).toEqual(['config.json', 'metrics.jsonl']);
  });

  test('metrics that have learned are no start: their checkpoint is gone', async () => {
    const step = '{"type":"step","epoch":0,"step":1,"loss":2}\n';
    const path = await holding('learned', { 'config.json': config, 'metrics.jsonl': start + step });
    await expect(RunFolder.create(path)).rejects.toThrow(/last\.safetensors is gone/);
    expect(await readFile(join(path, 'metrics.jsonl'), 'utf8')).toBe(start + step);
  });
});

test('a study leaves a run alone that it cannot look at', async () => {
  const runs = join(root, 'study');
  const settings = { cardinal: '0', study: 'table3', scale: 'small' as const, setting: '{}', seeds: 1 };
  const study = await StudyFolder.open(runs, settings, { resume: false });
  const run = join(runs, 'a-seed0');
  await mkdir(run);
  await writeFile(join(run, 'last.safetensors'), 'weights');
  const failing = {
    ...nodeFileSystem,
    stat: (path: string) =>
      path.startsWith(run)
        ? Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
        : nodeFileSystem.stat(path),
  };
  await expect(onFileSystem(failing, () => study.prepare('a-seed0'))).rejects.toThrow(/input\/output error/);
  expect(await study.prepare('a-seed0')).toEqual({ path: run, resume: true });
  await study.close();
  expect(await readFile(join(run, 'last.safetensors'), 'utf8')).toBe('weights');
});

test('a folder cannot be made in a file, nor in its place', async () => {
  await writeFile(join(root, 'a-file'), '');
  for (const path of ['a-file', 'a-file/run', 'a-file/run/deeper']) {
    await expect(makeFolder(join(root, path))).rejects.toThrow(
      new RegExp(`cannot make the folder .*${path}: a part of the path is a file, not a folder$`),
    );
  }
});
