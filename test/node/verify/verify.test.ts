import { mkdtemp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32 } from '../../../src/base/tensor-data.ts';
import { RunFolder } from '../../../src/node/run-folder.ts';
import { verify } from '../../../src/node/verify/verify.ts';
import { buildCheckpoint } from '../../../src/train/checkpoint.ts';
import { pytorchParts } from '../../../src/weights/pytorch/write.ts';
import { entriesOf, writeSafetensors } from '../../../src/weights/safetensors.ts';
import { seed } from '../../support/seed.ts';
import { checkpointAt } from '../../support/checkpoint.ts';
import { bitFlips } from '../../support/flips.ts';
import { fixtureBytes } from '../../weights/pytorch/support.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'cardinal-verify-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function runAt(path: string): Promise<void> {
  const folder = await RunFolder.create(path);
  await folder.writeConfig({ seed: 7 });
  await folder.appendMetrics({ type: 'start' });
  for (let step = 1; step <= 20; step++) await folder.appendMetrics({ type: 'step', step });
  for (const step of [10, 20]) await folder.save('last', await buildCheckpoint(checkpointAt(step)));
  const weights = { ...checkpointAt(20), training: undefined };
  await folder.save('best', await buildCheckpoint(weights));
  await folder.close();
}

const results = async (path: string) =>
  Object.fromEntries(
    (await verify(path)).checks.map(({ file, result }) => [file.slice(root.length + 1), result]),
  );

describe('a run', () => {
  test('that is whole is, and says what has no checksum', async () => {
    const path = join(root, 'whole');
    await runAt(path);
    const { checks, damaged } = await verify(path);
    expect(damaged).toBe(0);
    expect(
      checks.map(({ file, result, checksum }) => [file.slice(path.length + 1), result, checksum]),
    ).toEqual([
      ['last.safetensors', 'ok', 'SHA-256'],
      ['previous.safetensors', 'ok', 'SHA-256'],
      ['best.safetensors', 'ok', 'SHA-256'],
      ['metrics.jsonl', 'ok', 'CRC-32'],
      ['config.json', 'ok', undefined],
    ]);
    expect(checks.at(-1)?.notes).toEqual(['no checksum: its fields were checked']);
  });

  test('has each damaged file told', async () => {
    const path = join(root, 'damaged');
    await runAt(path);
    for (const name of ['previous.safetensors', 'best.safetensors']) {
      const bytes = new Uint8Array(await readFile(join(path, name)));
      const [{ flipped }] = bitFlips(bytes, seed, 1, [bytes.length - 500, bytes.length]);
      await writeFile(join(path, name), flipped);
    }
    const metrics = await readFile(join(path, 'metrics.jsonl'), 'utf8');
    await writeFile(join(path, 'metrics.jsonl'), metrics.replace('"step":7', '"step":9'));
    await writeFile(join(path, 'config.json'), '{"seed":');
    const { checks, damaged } = await verify(path);
    expect(damaged).toBe(4);
    expect(checks.find(({ file }) => file.endsWith('metrics.jsonl'))?.notes).toEqual([
      expect.stringMatching(/metrics\.jsonl, line 8: it is not what was written \(CRC-32\)$/),
    ]);
    expect(await results(path)).toMatchObject({ 'damaged/last.safetensors': 'ok' });
  });

  test('whose last checkpoint or whose metrics’ end is missing is not whole', async () => {
    const path = join(root, 'missing');
    await runAt(path);
    const metrics = await readFile(join(path, 'metrics.jsonl'), 'utf8');
    await writeFile(
      join(path, 'metrics.jsonl'),
      metrics.slice(0, metrics.indexOf('{"type":"step","step":15')),
    );
    const { checks } = await verify(path);
    expect(checks.at(-1)?.notes).toEqual([
      'it ends at step 14, the checkpoint is of step 20: its end is lost',
    ]);
    await rm(join(path, 'last.safetensors'));
    expect(await results(path)).toMatchObject({ 'missing/last.safetensors': 'damaged' });
  });
});

test('folders of runs and of files are looked through; what has nothing is refused', async () => {
  const path = join(root, 'all');
  await mkdir(join(path, 'study', 'empty'), { recursive: true });
  await writeFile(join(path, 'study', 'study.json'), '{}');
  await runAt(join(path, 'study', 'arm-seed0'));
  await writeFile(join(path, 'study', 'arm-seed0', 'outcome.json'), '[]');
  await writeFile(join(path, 'w.safetensors'), await writeSafetensors(checkpointAt(1).state));
  expect(await results(path)).toMatchObject({
    'all/study/study.json': 'damaged',
    'all/study/arm-seed0/outcome.json': 'damaged',
    'all/study/arm-seed0/last.safetensors': 'ok',
    'all/w.safetensors': 'ok',
  });
  await expect(verify(join(path, 'study', 'empty'))).rejects.toThrow(/has nothing to verify: expected a run/);
  await expect(verify(join(path, 'nothing'))).rejects.toThrow(/no such file or folder/);
});

test('the cache of a hub is looked through, each folder once', async () => {
  const snapshot = join(root, 'hub', 'models--a--b', 'snapshots', 'c', 'deeper');
  await mkdir(snapshot, { recursive: true });
  await writeFile(join(snapshot, 'model.safetensors'), await writeSafetensors(checkpointAt(1).state));
  await symlink(join(root, 'hub'), join(snapshot, 'round'), 'junction');
  expect(await results(join(root, 'hub'))).toEqual({
    'hub/models--a--b/snapshots/c/deeper/model.safetensors': 'ok',
  });
});

describe('a file', () => {
  async function check(name: string, bytes: Uint8Array) {
    const file = join(root, name);
    await writeFile(file, bytes);
    const [found] = (await verify(file)).checks;
    return found;
  }

  /** With a CRC-32 of 0 for the first records of the directory, and in their own headers. */
  function withoutSums(zip: Uint8Array, count: number): Uint8Array {
    const bytes = Buffer.from(zip);
    let at = bytes.indexOf('PK\x01\x02', 0, 'latin1');
    for (let n = 0; n < count && at >= 0; n++) {
      bytes.writeUInt32LE(0, at + 16);
      bytes.writeUInt32LE(0, bytes.readUInt32LE(at + 42) + 14);
      at = bytes.indexOf('PK\x01\x02', at + 1, 'latin1');
    }
    return new Uint8Array(bytes);
  }

  test('of PyTorch is verified by its CRCs, or says that it has none', async () => {
    const zip = fixtureBytes('zip-views.pth');
    expect(await check('zip.pth', zip)).toMatchObject({ result: 'ok', checksum: 'CRC-32', notes: [] });
    // A record that no tensor is read of.
    const version = Buffer.from(zip).lastIndexOf('3\n');
    expect(await check('version.pth', new Uint8Array(zip).fill(0x34, version, version + 1))).toMatchObject({
      result: 'damaged',
      notes: [expect.stringMatching(/record '[^']*version' is not what was written/)],
    });
    expect(await check('one.pth', withoutSums(zip, 1))).toMatchObject({ result: 'damaged' });
    expect(await check('none.pth', withoutSums(zip, Infinity))).toMatchObject({
      result: 'ok',
      checksum: undefined,
      notes: ['no CRC-32: PyTorch was set to write none'],
    });
    expect(await check('legacy.pth', fixtureBytes('legacy-state.pth'))).toMatchObject({
      result: 'ok',
      checksum: undefined,
      notes: ['no checksum: this format has none'],
    });
  });

  test('of many damaged tensors tells some, and one with numbers that are none is doubtful', async () => {
    const state = new Map(
      Array.from({ length: 9 }, (_, i) => [`t${i}`, f32([2], Float32Array.of(i, 1))] as const),
    );
    const parts: Uint8Array[] = [];
    for await (const part of pytorchParts(entriesOf(state))) parts.push(part);
    const bytes = new Uint8Array(Buffer.concat(parts));
    for (const { data } of state.values()) {
      const at = Buffer.from(bytes).indexOf(Buffer.from(data.buffer as ArrayBuffer));
      bytes[at + 4] ^= 1;
    }
    const { result, notes } = await check('many.pth', bytes);
    expect(result).toBe('damaged');
    expect(notes).toHaveLength(6);
    expect(notes[5]).toBe('and 4 more like these');
    const odd = await writeSafetensors(new Map([['x', f32([3], Float32Array.of(NaN, 1, Infinity))]]));
    expect(await check('odd.safetensors', odd)).toMatchObject({
      result: 'doubtful',
      notes: ["tensor 'x' has 2 numbers that are not finite"],
    });
  });
});
