import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { resolveHub } from '../../../src/node/hub/resolve.ts';
import { listFiles, setUpHub, someBytes, type HubSetup } from '../../support/hub-folder.ts';

const name = 'hf:timm/net';
const weights = someBytes(5_000);

let setup: HubSetup;
beforeEach(async () => {
  setup = await setUpHub();
});
afterEach(() => setup[Symbol.asyncDispose]());

function put(file: string, content: object | Uint8Array): void {
  const bytes = content instanceof Uint8Array ? content : new TextEncoder().encode(JSON.stringify(content));
  setup.hub.files.set(file, { bytes, large: content instanceof Uint8Array });
}

const config = {
  architecture: 'resnext50_32x4d',
  num_classes: 1000,
  pretrained_cfg: { tag: 'tv_in1k', crop_pct: 0.875, interpolation: 'bilinear', license: 'bsd-3-clause' },
};

test('weights come with what their repository says of them', async () => {
  put('config.json', config);
  put('model.safetensors', weights);
  put('pytorch_model.bin', someBytes(10));
  const { path, config: read, origin, commit } = await resolveHub(name, setup.options());
  expect(new Uint8Array(await readFile(path))).toEqual(weights);
  expect(origin).toBe(`hf:timm/net@${setup.hub.commit}/model.safetensors`);
  expect(commit).toBe(setup.hub.commit);
  expect(read).toMatchObject({
    architecture: 'resnext50_32x4d',
    tag: 'tv_in1k',
    licence: 'bsd-3-clause',
    preprocessing: { resize: 256, interpolation: 'bilinear' },
    origin: `hf:timm/net@${setup.hub.commit}/config.json`,
  });
});

test('all files are of the commit that the first answer named', async () => {
  put('config.json', config);
  put('model.safetensors', weights);
  await resolveHub(name, setup.options());
  const asked = setup.hub.seen.filter(({ host }) => host === 'hub').map(({ method, path }) => [method, path]);
  expect(asked).toEqual([
    ['HEAD', '/timm/net/resolve/main/config.json'],
    ['GET', `/timm/net/resolve/${setup.hub.commit}/config.json`],
    ['HEAD', `/timm/net/resolve/${setup.hub.commit}/model.safetensors`],
    ['GET', `/timm/net/resolve/${setup.hub.commit}/model.safetensors`],
  ]);
});

test('PyTorch’s file where there are no safetensors, and no config is no error', async () => {
  put('pytorch_model.bin', weights);
  const { path, config: read } = await resolveHub(name, setup.options());
  expect(path.endsWith('pytorch_model.bin')).toBe(true);
  expect(read).toBeUndefined();
  expect(setup.warnings).toEqual([]);
});

test('the file that is named, and no other', async () => {
  put('model.safetensors', weights);
  put('sub/ema.bin', weights);
  const { path, origin } = await resolveHub(`${name}@main/sub/ema.bin`, setup.options());
  expect(path.endsWith(join('sub', 'ema.bin'))).toBe(true);
  expect(origin).toBe(`hf:timm/net@${setup.hub.commit}/sub/ema.bin`);
  await expect(resolveHub(`${name}/none.bin`, setup.options())).rejects.toThrow(
    /^there is no hf:timm\/net@c0ffee0+\/none\.bin/,
  );
});

test('neither: says what was looked for and where to look', async () => {
  put('README.md', weights);
  await expect(resolveHub(name, setup.options())).rejects.toThrow(
    `hf:timm/net has neither model.safetensors nor pytorch_model.bin: name one of the files that ${setup.hub.endpoint}/timm/net/tree/main lists`,
  );
});

test('a repository that does not exist is said at once', async () => {
  await expect(resolveHub('hf:timm/other', setup.options())).rejects.toThrow(
    /^there is no repository for hf:timm\/other/,
  );
  expect(setup.hub.seen.length).toBe(1);
});

test('another library’s config.json is passed over with a warning', async () => {
  put('config.json', { architectures: ['ResNetForImageClassification'], model_type: 'resnet' });
  put('model.safetensors', weights);
  expect((await resolveHub(name, setup.options())).config).toBeUndefined();
  expect(setup.warnings).toEqual([expect.stringMatching(/config\.json is not timm's: it does not say how/)]);
});

test('pictures that cannot be prepared so are said before the weights are downloaded', async () => {
  put('config.json', { ...config, pretrained_cfg: { crop_mode: 'border' } });
  put('model.safetensors', weights);
  await expect(resolveHub(name, setup.options())).rejects.toThrow(
    /^hf:timm\/net@c0ffee0+\/config\.json: crop_mode 'border' with crop_pct 0\.875 is not supported/,
  );
  expect(setup.hub.gets('cdn')).toEqual([]);
});

test.each(['model.safetensors', 'pytorch_model.bin'])(
  '%s again with the hub gone: one warning',
  async (file) => {
    put('config.json', config);
    put(file, weights);
    const online = await resolveHub(name, setup.options());
    await setup.hub.stop();
    expect(await resolveHub(name, setup.options())).toEqual(online);
    expect(setup.warnings).toEqual([expect.stringMatching(/cannot be reached: connection refused/)]);
    const env = { HF_HUB_OFFLINE: '1' };
    expect(await resolveHub(name, setup.options({ env }))).toEqual(online);
    expect(setup.warnings.length).toBe(1);
  },
);

test('weights in the cache without a config, as Python leaves them, with the hub gone', async () => {
  put('model.safetensors', weights);
  const online = await resolveHub(name, setup.options());
  await rm(join(setup.folder, '.no_exist'), { recursive: true });
  await setup.hub.stop();
  expect(await resolveHub(name, setup.options())).toEqual(online);
  const pinned = `hf:timm/net@${setup.hub.commit}`;
  expect(await resolveHub(pinned, setup.options())).toEqual(online);
});

test('a commit without a config is not asked for it twice', async () => {
  put('pytorch_model.bin', weights);
  const pinned = `hf:timm/net@${setup.hub.commit}`;
  const first = await resolveHub(pinned, setup.options());
  setup.hub.seen.length = 0;
  expect(await resolveHub(pinned, setup.options())).toEqual(first);
  expect(setup.hub.seen).toEqual([]);
  expect(await listFiles(join(setup.folder, '.no_exist', setup.hub.commit))).toEqual({
    'config.json': 0,
    'model.safetensors': 0,
  });
});

test('nothing in the cache and no hub: names the weights', async () => {
  const env = { HF_HUB_OFFLINE: '1' };
  await expect(resolveHub(name, setup.options({ env }))).rejects.toThrow(
    /^hf:timm\/net\/model\.safetensors is not in the cache .*, and HF_HUB_OFFLINE is set/,
  );
  await setup.hub.stop();
  await expect(resolveHub(name, setup.options())).rejects.toThrow(
    /cannot be reached: connection refused; tried 5 times$/,
  );
});
