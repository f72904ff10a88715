import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import { createModel } from '../../src/models/registry.ts';
import { pytorchParts } from '../../src/weights/pytorch/write.ts';
import { entriesOf, writeSafetensors } from '../../src/weights/safetensors.ts';
import { cardinal, root } from '../cli/cardinal.ts';
import { cifarFile, writeClasses } from '../node/data/support/sources.ts';
import { FakeHub } from '../support/fake-hub.ts';
import { bundled, writeSome } from '../support/some-pictures.ts';
import { blocksOf, cardinalArguments, commandsOf } from './blocks.ts';

/** What makes a command of minutes or hours one of seconds; the rest of it is as README has it. */
const shortened: Readonly<Record<string, readonly string[]>> = {
  demo: ['--epochs', '1'],
  train: ['--epochs', '1', '--image-size', '32', '--batch-size', '8'],
};

const commands = blocksOf('README.md')
  .filter(({ kind }) => kind === 'sh')
  .flatMap(({ text }) => commandsOf(text))
  .flatMap((words) => {
    const args = cardinalArguments(words);
    return args === undefined ? [] : [args];
  });
// Weights by name come from a hub on this machine, which has those of one repository: the network is real, its weights are random.
const published = 'timm/mobilenetv3_large_100.ra_in1k';
const local = commands.filter((args) =>
  args.every((word) => !word.startsWith('hf:') || word === `hf:${published}`),
);

let folder: string;
let bin: string;
let hub: FakeHub;
let env: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-readme-'));
  bin = await installation(join(folder, 'installed'));
  hub = await hubWith(published);
  env = { HF_HOME: join(folder, 'hf'), HF_ENDPOINT: hub.endpoint };
  await writeClasses(join(folder, 'photos'), { cat: 24, dog: 24 });
  await writeClasses(join(folder, 'grocery-photos'), { apple: 12, bean: 12, corn: 12 });
  const grey = {
    create: { width: 40, height: 30, channels: 3, background: { r: 90, g: 90, b: 90 } },
  } as const;
  await sharp(grey).jpeg().toFile(join(folder, 'cat.jpg'));
  const cifar = join(folder, 'cifar-10-batches-bin');
  await mkdir(cifar);
  const rng = Rng.of(1, 'readme');
  const labels = (count: number): number[][] =>
    Array.from({ length: count }, (_, i) => [i < 10 ? i : rng.int(10)]);
  for (const name of [
    'data_batch_1',
    'data_batch_2',
    'data_batch_3',
    'data_batch_4',
    'data_batch_5',
    'test_batch',
  ])
    await writeFile(join(cifar, `${name}.bin`), cifarFile(labels(40)));
  // Bare weights under the published names, as others distribute them.
  const state = createModel('resnet20_cifar').initialize(1).stateDict();
  await writeFile(join(folder, 'resnet20-12fca82f.th'), pytorchParts(entriesOf(state)));
});
afterAll(async () => {
  await hub.stop();
  await rm(folder, { recursive: true });
});

/** A hub with a repository as timm writes it. */
async function hubWith(repository: string): Promise<FakeHub> {
  const started = await FakeHub.start();
  started.repository = repository;
  const [architecture, tag] = repository.slice('timm/'.length).split('.');
  const config = {
    ...{ architecture, num_classes: 1000 },
    pretrained_cfg: {
      ...{ tag, input_size: [3, 224, 224], crop_pct: 0.875, interpolation: 'bicubic', num_classes: 1000 },
      ...{ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], license: 'apache-2.0' },
    },
  };
  started.files.set('config.json', { bytes: Buffer.from(JSON.stringify(config)), large: false });
  const state = createModel(architecture).initialize(1).stateDict();
  const bytes = await writeSafetensors(state, { format: 'pt' });
  started.files.set('model.safetensors', { bytes, large: true });
  return started;
}

/** The built package with fewer pictures, on which the demo trains: its command line. */
async function installation(to: string): Promise<string> {
  for (const part of ['bin', 'dist', 'package.json'])
    await cp(join(root, part), join(to, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(to, 'node_modules'), 'junction');
  await writeSome(bundled, join(to, 'data/fashion-mnist-sample'), { train: 600, t10k: 200 });
  return join(to, 'bin/cardinal.js');
}

/** A server does not end by itself: it answers a request, and is told to end. */
async function serveOnce(args: readonly string[]): Promise<void> {
  let status: number | undefined;
  const { code, stderr } = await cardinal([...args, '--port', '0'], {
    ...{ bin, cwd: folder, env },
    onStderr: (child, said) => {
      const url = /listening on (http:\S+)\n/.exec(said)?.[1];
      if (url === undefined || status !== undefined) return;
      status = 0;
      void readFile(join(folder, 'cat.jpg'))
        .then((body) =>
          fetch(`${url}/classify`, { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body }),
        )
        .then((response) => (status = response.status))
        .finally(() => child.kill('SIGTERM'));
    },
  });
  expect({ code, status, stderr: code === 143 ? '' : stderr }).toEqual({
    code: 143,
    status: 200,
    stderr: '',
  });
}

describe('the commands of README, one after the other', () => {
  it.each(local.map((args) => [args.join(' '), args] as const))(
    'cardinal %s',
    async (_, args) => {
      if (args[0] === 'serve') {
        await serveOnce(args);
        return;
      }
      const isResumed = args.includes('--resume');
      const more = isResumed ? [] : (shortened[args[0]] ?? []);
      const { code, stdout, stderr } = await cardinal([...args, ...more], { bin, cwd: folder, env });
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      // Answers go to stdout; what writes a file says so on stderr.
      expect(stdout + stderr).not.toBe('');
    },
    300_000,
  );

  it('leave what they say', async () => {
    expect(await readdir(join(folder, 'runs'))).toEqual(
      expect.arrayContaining(['cifar', 'demo', 'grocery', 'mobilenetv3_large_100-photos']),
    );
    for (const run of ['demo', 'mobilenetv3_large_100-photos']) {
      expect(await readdir(join(folder, 'runs', run))).toEqual(
        expect.arrayContaining(['report.html', 'misclassified.csv', 'best.safetensors', 'last.safetensors']),
      );
    }
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['resnet20.safetensors', 'demo.onnx', 'demo.pth']),
    );
  });
});
