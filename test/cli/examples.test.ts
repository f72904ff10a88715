import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createModel } from '../../src/models/index.ts';
import { writeSafetensors } from '../../src/weights/safetensors.ts';
import { setUpHub, type HubSetup } from '../support/hub-folder.ts';
import { root } from './cardinal.ts';
import { writePictures } from './pictures.ts';

/** Every program of examples/ runs on the built package, on small data. */
const run = promisify(execFile);
let setup: HubSetup;
let pictures: string;

beforeAll(async () => {
  setup = await setUpHub();
  pictures = await mkdtemp(join(tmpdir(), 'cardinal-examples-'));
  await writeIdx(pictures, 'train', 200);
  await writeIdx(pictures, 't10k', 40);
});
afterAll(async () => {
  await setup[Symbol.asyncDispose]();
  await rm(pictures, { recursive: true, force: true });
});

async function printed(name: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, HF_HOME: join(setup.home, 'hf'), HF_ENDPOINT: setup.hub.endpoint };
  const { stdout } = await run(process.execPath, [`examples/${name}.ts`, ...args], { cwd: root, env });
  return stdout;
}

it('are listed in their README, in order', async () => {
  const readme = await readFile(join(root, 'examples/README.md'), 'utf8');
  const listed = [...readme.matchAll(/^\| \[([^\]]+)\]/gm)].map(([, name]) => name);
  const programs = (await readdir(join(root, 'examples'))).filter((name) => name.endsWith('.ts')).sort();
  expect(listed.slice(0, programs.length)).toEqual(programs);
  const pages = (await readdir(join(root, 'examples/web'), { withFileTypes: true })).flatMap((entry) =>
    entry.isDirectory() ? [`web/${entry.name}`] : [],
  );
  expect(listed.slice(programs.length).sort()).toEqual(pages.sort());
});

it('01 classifies with a network of the hub', async () => {
  const classes = ['blue', 'green', 'red'];
  const config = {
    ...{ architecture: 'resnet20_cifar', num_classes: 3, label_names: classes },
    pretrained_cfg: {
      ...{ tag: 'test', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], input_size: [3, 16, 16] },
      ...{ crop_pct: 1, interpolation: 'bicubic', num_classes: 3, license: 'apache-2.0' },
    },
  };
  const state = createModel('resnet20_cifar', { numClasses: 3 }).initialize(5).stateDict();
  const { files } = setup.hub;
  files.set('config.json', { bytes: Buffer.from(JSON.stringify(config)), large: false });
  files.set('model.safetensors', { bytes: await writeSafetensors(state, { format: 'pt' }), large: true });
  const folder = join(setup.home, 'photos');
  await mkdir(folder);
  await writePictures(folder, { train: 1, val: 1 });
  const [picture] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.png'));
  const lines = (await printed('01-use-a-published-network', 'hf:timm/net', join(folder, picture)))
    .trim()
    .split('\n');
  expect(lines.map((line) => line.split(' ')[1]).sort()).toEqual(classes);
});

it('02 trains on a folder, reports, and loads what it saved', async () => {
  const out = join(setup.home, 'trained');
  const stdout = await printed('02-train-on-your-photos', pictures, out);
  expect(stdout).toMatch(/epoch 3 of 3: loss \d\.\d+\ntop-1 accuracy 0\.\d+/);
  expect(await readdir(out)).toEqual(expect.arrayContaining(['report.html', 'best.safetensors']));
});

it('03 trains a network of its own and classifies with it', async () => {
  const stdout = await printed('03-your-own-network', join(setup.home, 'own'), pictures);
  expect(stdout).toMatch(/the best epoch was \d/);
  expect(stdout.trim().split('\n').at(-1)).toMatch(/^\S.*: .* \d+\.\d %/);
});

it('04 trains step by step: the loss falls', async () => {
  const stdout = await printed('04-your-own-training-loop', pictures, '3');
  const losses = [...stdout.matchAll(/loss (\d\.\d+)/g)].map(([, loss]) => Number(loss));
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan(losses[0]);
  expect(stdout).toMatch(/top-1 accuracy [01]\.\d+ on 40 pictures/);
});

it("05 prints the review's summary and the shape of its output", async () => {
  const stdout = await printed('05-the-review');
  const listing = await readFile(join(root, 'test/fixtures/review-summary.txt'), 'utf8');
  expect(stdout.startsWith(listing.trimEnd())).toBe(true);
  expect(stdout).toContain('\n[ 2, 1000 ]\n');
});

it('06 gives the logits, the loss and the gradients that PyTorch gives', async () => {
  const fixtures = join(root, 'test/fixtures/functional');
  const stdout = await printed('06-your-own-se-resnext', join(fixtures, 'se-resnext.safetensors'));
  const [logits, loss, ...lines] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const expected = JSON.parse(await readFile(join(fixtures, 'se-resnext.json'), 'utf8')) as {
    readonly logits: readonly number[];
    readonly loss: number;
    readonly gradients: Readonly<Record<string, readonly [sum: number, length: number]>>;
  };
  expect(logits.slice(1).map(Number)).toEqual(expected.logits.map((one) => expect.closeTo(one, 5) as number));
  expect(Number(loss[1])).toBeCloseTo(expected.loss, 5);
  expect(lines.map(([name]) => name).sort()).toEqual(Object.keys(expected.gradients).sort());
  for (const [name, ...numbers] of lines) {
    const close = expected.gradients[name].map((one) => expect.closeTo(one, 4) as number);
    expect(numbers.map(Number), name).toEqual(close);
  }
});

it('07 trains on what it draws itself, and goes on where it was stopped', async () => {
  const out = join(setup.home, 'shapes');
  const stdout = await printed('07-your-own-data', out);
  expect(stdout).toMatch(/epoch 3 of 3: loss \d\.\d+\ntop-1 accuracy [01]\.\d+/);
  const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ data: 'shapes', program: ['pictures', 'augment'] });
  expect(await printed('07-your-own-data', out)).toMatch(/^top-1 accuracy/);
});

/** So many grey pictures of 28×28 in the format of MNIST, each with a bright row that tells its class of ten. */
async function writeIdx(folder: string, split: string, count: number): Promise<void> {
  const pixels = new Uint8Array(count * 784);
  const labels = Uint8Array.from({ length: count }, (_, index) => index % 10);
  labels.forEach((label, index) => {
    pixels.fill(255, index * 784 + label * 56, index * 784 + label * 56 + 56);
  });
  await writeFile(join(folder, `${split}-images-idx3-ubyte`), idx([count, 28, 28], pixels));
  await writeFile(join(folder, `${split}-labels-idx1-ubyte`), idx([count], labels));
}

function idx(sizes: readonly number[], bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(0x0800 + sizes.length);
  sizes.forEach((size, index) => header.writeUInt32BE(size, 4 + 4 * index));
  return Buffer.concat([header, bytes]);
}
