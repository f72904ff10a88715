import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apart, canPartHosts, settingsApart } from '../node/mpi/support/hosts.ts';
import { launchers, runJob, type Job, type Launcher } from '../node/mpi/support/jobs.ts';
import { root } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const command = [
  ...['train', 'pictures', '--model', 'resnext_cifar', '--image-size', '8', '--batch-size', '10'],
  ...['--set', 'layers=1,1,1', 'cardinality=2', 'baseWidth=8', 'planes=8', '--recipe', 'cifar'],
  ...['--epochs', '1', '--threads', '1', '--no-blas', '--seed', '3'],
];

let folder: string;
const read = (...names: readonly string[]): Promise<Buffer> => readFile(join(folder, ...names));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-hosts-'));
  await writePictures(join(folder, 'pictures'), { train: 7, val: 2 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Each rank leaves the name of its network under that of its host. */
const shell = 'readlink /proc/self/ns/net > network-$(hostname); exec "$@"';

function train(launcher: Launcher, out: string, env: Readonly<Record<string, string>> = {}): Promise<Job> {
  const program = [process.execPath, join(root, 'bin/cardinal.js'), ...command, '--out', out];
  return runJob(launcher, 2, ['sh', '-c', shell, 'rank', ...program], env, folder);
}

describe.runIf(canPartHosts)('cardinal train on two hosts', () => {
  it.each(launchers)('comes to the bytes of two ranks on one host under $name', async (launcher) => {
    const [together, two] = [`${launcher.name} together`, `${launcher.name} apart`];
    expect(await train(launcher, together)).toMatchObject({ code: 0, said: [] });
    const job = await train(apart(launcher), two, { ...settingsApart, RECEIVED: 'received' });
    expect(job.said).toEqual([]);
    expect(job.stdout).toContain(`the run is in ${two}`);
    expect(job.code).toBe(0);
    // Ranks compare hashes of their weights at each checkpoint, so one file speaks for both.
    for (const file of ['last.safetensors', 'best.safetensors']) {
      expect((await read(two, file)).equals(await read(together, file)), file).toBe(true);
    }
    expect(await read('network-a')).not.toEqual(await read('network-b'));
    // The other's part of the gradients of three steps is more than twice the weights.
    const { length } = await read(two, 'best.safetensors');
    const received = String(await read('received'))
      .trim()
      .split('\n');
    expect(received).toHaveLength(2);
    for (const bytes of received) expect(Number(bytes)).toBeGreaterThan(2 * length);
  });
});
