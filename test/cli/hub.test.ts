import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { setUpHub, type HubSetup } from '../support/hub-folder.ts';
import { cardinal, type Finished } from './cardinal.ts';
import { writePictures } from './pictures.ts';

let setup: HubSetup;
const run = (...args: readonly string[]): Promise<Finished> =>
  cardinal(args, {
    cwd: setup.home,
    env: {
      HOME: setup.home,
      HF_HOME: join(setup.home, 'hf'),
      HF_ENDPOINT: setup.hub.endpoint,
      HF_TOKEN: 'secret-token',
    },
  });
const classes = ['blue', 'green', 'red'];

beforeAll(async () => {
  setup = await setUpHub();
  const config = {
    architecture: 'resnet20_cifar',
    num_classes: 3,
    label_names: classes,
    pretrained_cfg: {
      ...{ tag: 'test', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], input_size: [3, 16, 16] },
      ...{ crop_pct: 1, interpolation: 'bicubic', num_classes: 3, license: 'apache-2.0' },
    },
  };
  const state = createModel('resnet20_cifar', { numClasses: 3 }).initialize(5).stateDict();
  setup.hub.files.set('config.json', { bytes: Buffer.from(JSON.stringify(config)), large: false });
  setup.hub.files.set('model.safetensors', {
    bytes: await writeSafetensors(state, { format: 'pt' }),
    large: true,
  });
  await writePictures(join(setup.home, 'pictures'), { train: 6, val: 2 });
});
afterAll(() => setup[Symbol.asyncDispose]());

it('weights of the hub need nothing said: network, classes and pictures are in their repository', async () => {
  const { code, stdout, stderr } = await run('eval', 'hf:timm/net', 'pictures', '--json', '--threads', '1');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { total, perClass } = JSON.parse(stdout) as { total: number; perClass: { name: string }[] };
  expect(total).toBe(6);
  expect(perClass.map(({ name }) => name)).toEqual(classes);
  // The files' other host never gets to see the token.
  expect(
    setup.hub.seen.some(({ host, authorization }) => host === 'hub' && authorization !== undefined),
  ).toBe(true);
  expect(
    setup.hub.seen.filter(({ host }) => host === 'cdn').map(({ authorization }) => authorization),
  ).toEqual([undefined]);
});

it('what is converted and trained from them remembers where it comes from', async () => {
  const converted = await run('convert', 'hf:timm/net', 'net.safetensors');
  expect(converted.code, converted.stderr).toBe(0);
  const { stdout } = await run('inspect', 'net.safetensors', '--json');
  const origin = `hf:timm/net@${setup.hub.commit}/model.safetensors`;
  const { metadata } = JSON.parse(stdout) as { metadata: Record<string, string> };
  expect(metadata).toMatchObject({
    origin,
    licence: 'apache-2.0',
    classes: JSON.stringify(classes),
    input: '[3,16,16]',
  });

  const begin = [
    '--weights',
    'hf:timm/net',
    '--freeze',
    'conv1',
    'bn1',
    '--epochs',
    '1',
    '--batch-size',
    '6',
  ];
  const trained = await run('train', 'pictures', ...begin, '--out', 'tuned', '--threads', '1', '--json');
  expect(trained.code, trained.stderr).toBe(0);
  const best = await run('inspect', 'tuned/best.safetensors', '--json');
  expect(JSON.parse(best.stdout)).toMatchObject({ metadata: { origin, licence: 'apache-2.0' } });
});

it('a repository that is not there is told in one line', async () => {
  const { code, stderr } = await run('inspect', 'hf:timm/nothing');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^cardinal: [^\n]*timm\/nothing[^\n]*\n$/);
  expect(stderr).not.toContain('secret-token');
});

it('what was downloaded is used when the hub is away', async () => {
  await setup.hub.stop();
  // The port stays closed to everyone else while this test runs.
  const guard = createServer((socket) => socket.destroy());
  guard.listen(Number(new URL(setup.hub.endpoint).port), '127.0.0.1');
  await once(guard, 'listening');
  const picture = join('pictures', 'val', 'red', '0.png');
  const { code, stdout, stderr } = await run('predict', 'hf:timm/net', picture, '--json', '--threads', '1');
  guard.close();
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^warning: [^\n]*\n$/);
  const [{ top }] = JSON.parse(stdout) as [{ top: { class: string }[] }];
  expect(classes).toContain(top[0].class);
});
