/** Weights that other programs wrote, in other forms than a network's state dict, as the command line takes them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { f32, type StateDict } from '../../src/base/tensor-data.ts';
import { defaultPreprocessing } from '../../src/data/preprocessing.ts';
import { createModel } from '../../src/models/registry.ts';
import { metadataOf } from '../../src/train/description.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { cardinal, type Finished } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const options = { layers: [1, 1], cardinality: 2, baseWidth: 16, planes: 8, numClasses: 3 };
const model = ['--model', 'resnext_cifar'];
const engine = ['--threads', '1', '--no-blas'];
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/pytorch-objects/${name}`, import.meta.url));

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);
const inFolder = (...args: readonly string[]): Promise<Finished> => cardinal(args, { cwd: folder });
const told = ({ code, stderr }: Finished, exit: number, text: string | RegExp): void => {
  expect(code, stderr).toBe(exit);
  expect(stderr).toMatch(text);
};
const fileOf = async (path: string) => readSafetensors(await readFile(at(path)));
let state: StateDict;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-strangers-'));
  await writePictures(at('pictures'), { train: 6, val: 2 });
  state = createModel('resnext_cifar', options).initialize(5).stateDict();
  const preprocessing = defaultPreprocessing({
    channels: 3,
    pictureSize: [12, 12],
    mean: [0.3, 0.4, 0.8],
    std: [0.1, 0.2, 0.3],
  });
  const description = {
    model: { name: 'resnext_cifar', options },
    input: [3, 12, 12],
    preprocessing,
    trained: { epochs: 2, steps: 6, validation: { loss: 1, top1: 0.5, top5: 1 } },
  };
  await writeFile(at('own.safetensors'), await writeSafetensors(state, metadataOf(description)));
  await writeFile(at('bare.safetensors'), await writeSafetensors(state));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a convolution of three channels is for one: the sum. */
function summed(weights: StateDict): number[] {
  const conv = weights.get('conv1.weight');
  if (conv?.dtype !== 'F32') throw new Error('conv1.weight is missing');
  const [outside, , height, width] = conv.shape;
  const area = height * width;
  return Array.from({ length: outside * area }, (_, index) => {
    const begin = Math.floor(index / area) * 3 * area + (index % area);
    return Math.fround([0, 1, 2].reduce((sum, c) => sum + conv.data[begin + c * area], 0));
  });
}

describe('--in-channels', () => {
  it('converts a checkpoint to grey pictures, which predict and eval then take', async () => {
    told(await inFolder('convert', 'own.safetensors', 'grey.safetensors', '--in-channels', '1'), 0, /^wrote/);
    const { tensors, metadata } = await fileOf('grey.safetensors');
    expect(tensors.get('conv1.weight')).toEqual(f32([8, 1, 3, 3], Float32Array.from(summed(state))));
    expect(tensors.get('fc.weight')).toEqual(state.get('fc.weight'));
    expect(JSON.parse(metadata.get('model') ?? '')).toMatchObject({ options: { inChannels: 1 } });
    expect(JSON.parse(metadata.get('preprocessing') ?? '')).toMatchObject({ channels: 1, mean: [0.5] });
    // What it scored, it scored on pictures of three channels.
    expect(JSON.parse(metadata.get('trained') ?? '')).toEqual({ epochs: 2, steps: 6 });
    const picture = 'pictures/val/red/0.png';
    const [grey, adapted] = await Promise.all([
      inFolder('predict', 'grey.safetensors', picture, '--json', ...engine),
      inFolder('predict', 'own.safetensors', picture, '--in-channels', '1', '--json', ...engine),
    ]);
    told(grey, 0, /^$/);
    told(adapted, 0, /^$/);
    expect(adapted.stdout).toBe(grey.stdout);
  });

  it('trains from weights of colour pictures on grey ones, and goes on', async () => {
    const args = [
      'train',
      'pictures',
      '--weights',
      'own.safetensors',
      '--in-channels',
      '1',
      '--head',
      'reset',
    ];
    const short = ['--epochs', '1', '--batch-size', '6', '--out', 'run', '--json', ...engine];
    const { code, stderr } = await inFolder(...args, ...short);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(await readFile(at('run/config.json'), 'utf8'))).toMatchObject({
      model: { options: { inChannels: 1 } },
      preprocessing: { channels: 1, mean: [0.5] },
    });
    expect((await fileOf('run/best.safetensors')).tensors.get('conv1.weight')?.shape).toEqual([8, 1, 3, 3]);
    told(await inFolder('train', '--resume', 'run', '--json', ...engine), 0, /has finished its 1 epoch:/);
    const other = await inFolder('train', '--resume', 'run', '--augment', 'imagenet', ...engine);
    told(
      other,
      2,
      /run has augmentation .*, not 'crops of 8 to 100 %, flips, colours, lighting': it goes on/,
    );
  });

  it('takes four channels as raw tensors, and no pictures', async () => {
    const { data } = f32(
      [1, 4, 12, 12],
      Float32Array.from({ length: 576 }, (_, index) => index / 576),
    );
    await writeFile(
      at('x.safetensors'),
      await writeSafetensors(new Map([['input', f32([1, 4, 12, 12], data as Float32Array)]])),
    );
    const set = ['--set', 'layers=1,1', 'cardinality=2', 'baseWidth=16', 'planes=8', 'numClasses=3'];
    const raw = ['--weights', 'bare.safetensors', '--input', 'x.safetensors', '--output', 'y.safetensors'];
    told(
      await inFolder('run', 'resnext_cifar', ...raw, '--in-channels', '4', ...set, ...engine),
      0,
      /^wrote 1 tensor/,
    );
    const picture = await inFolder(
      'predict',
      'own.safetensors',
      'pictures/val/red/0.png',
      '--in-channels',
      '4',
    );
    told(picture, 2, /pictures have 1 or 3 channels, got a network of 4: cardinal run/);
    const onnx = ['export', 'own.safetensors', '--in-channels', '4', '--onnx', 'four.onnx'];
    told(await inFolder(...onnx), 0, /wrote .* input, float32 N×C×H×W → logits/);
    told(
      await inFolder(...onnx, '--preprocess'),
      2,
      /--preprocess: pictures have 1 or 3 channels, this network takes 4/,
    );
  });

  it('is said where it would help, and refused where nothing can be adapted', async () => {
    const set = ['--set', 'inChannels=1'];
    told(
      await inFolder('convert', 'bare.safetensors', 'o.safetensors', ...model, ...set),
      1,
      /weights have other input channels \(conv1\.weight: .*\): --in-channels 1/,
    );
    told(
      await inFolder('convert', 'bare.safetensors', 'o.safetensors', '--in-channels', '1'),
      2,
      /name it with --model/,
    );
    const fresh = await inFolder('train', 'pictures', ...model, '--in-channels', '1');
    told(fresh, 2, /--in-channels is for --weights/);
  });
});

it('--partial loads what fits and lists the rest, a name a line', async () => {
  const torn: StateDict = new Map(state);
  torn.delete('bn1.weight');
  torn.set('layer1.0.conv1.weight', f32([1], Float32Array.of(1)));
  torn.set('head\u001b.extra', f32([1], Float32Array.of(1)));
  await writeFile(at('torn.safetensors'), await writeSafetensors(torn));
  const args = ['convert', 'torn.safetensors', 'mended.safetensors', ...model];
  told(await inFolder(...args), 1, /does not fit: missing bn1\.weight/);
  const { code, stderr } = await inFolder(...args, '--partial');
  expect(code, stderr).toBe(0);
  expect(stderr.split('\n').slice(0, -2)).toEqual([
    `note: loaded ${state.size - 2} of ${state.size} tensors`,
    'not in the file, kept at their initial values:',
    '  bn1.weight',
    'of another shape, kept at their initial values:',
    '  layer1.0.conv1.weight: expected 4×8×1×1, got 1',
    'not in the network, ignored:',
    '  head\\u001b.extra',
  ]);
  const { tensors } = await fileOf('mended.safetensors');
  const drawn = createModel('resnext_cifar', options).stateDict();
  for (const [name, tensor] of tensors) {
    const own = ['bn1.weight', 'layer1.0.conv1.weight'].includes(name);
    expect(tensor, name).toEqual((own ? drawn : state).get(name));
  }
  expect([...tensors.keys()].sort()).toEqual([...state.keys()].sort());
  const trained = await inFolder(
    'train',
    'pictures',
    '--weights',
    'torn.safetensors',
    ...model,
    '--partial',
    '--image-size',
    '12',
    '--epochs',
    '1',
    '--batch-size',
    '6',
    '--out',
    'mended',
    ...engine,
  );
  told(trained, 0, /not in the file, kept at their initial values:\n {2}bn1\.weight\n/);
  expect(JSON.parse(await readFile(at('mended/config.json'), 'utf8'))).toMatchObject({
    weights: { partial: true },
  });
});

describe('inspect', () => {
  it('says what stands beside the tensors, by type', async () => {
    const { code, stdout } = await inFolder('inspect', fixture('zip-beside.pth'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^beside the tensors, Python objects, which are not loaded:$/m);
    expect(stdout).toMatch(/^ {2}array +numpy\.ndarray f8 2×3$/m);
    expect(stdout).toMatch(/^ {2}path +pathlib\.PosixPath\('runs', 'a'\)$/m);
    const json = await inFolder('inspect', fixture('zip-beside.pth'), '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ objects: { started: 'datetime.datetime' } });
  });

  it('says what a whole file is, and what of it cannot be read', async () => {
    const script = await inFolder('inspect', fixture('script.pt'));
    expect(script.stdout).toMatch(/: TorchScript, 18 tensors,/);
    expect(script.stdout).toMatch(/^ {2}object +__torch__\.Net$/m);
    const { stdout, stderr } = await inFolder('inspect', fixture('legacy-unreadable.pth'));
    expect(stdout).toMatch(/^c64 +C64 +2×3, cannot be read$/m);
    expect(stderr).toMatch(
      /^note: left out 8 tensors that cannot be read: c64 \(C64 2×3\), .* and 3 more\n$/,
    );
  });

  it('tells a file that is something else', async () => {
    await writeFile(at('pointer.pth'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n');
    told(
      await inFolder('inspect', 'pointer.pth'),
      1,
      /^cardinal: pointer\.pth is a Git LFS pointer.*git lfs pull.*\n$/,
    );
  });
});
