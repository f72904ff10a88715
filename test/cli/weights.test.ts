import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { f32 } from '../../src/base/tensor-data.ts';
import { createModel } from '../../src/models/registry.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { cardinal, type Finished } from './cardinal.ts';
import { writePictures } from './pictures.ts';

const set = ['--set', 'layers=1,1,1', 'cardinality=4', 'baseWidth=16', 'planes=16'];
const engine = ['--threads', '2'];

let folder: string;
const at = (...names: readonly string[]): string => join(folder, ...names);
const inFolder = (...args: readonly string[]): Promise<Finished> => cardinal(args, { cwd: folder });
/** How a command ended, and what it told on stderr. */
const told = (
  { code, stderr }: Pick<Finished, 'code' | 'stderr'>,
  exit: number,
  text: string | RegExp,
): void => {
  expect(code, stderr).toBe(exit);
  expect(stderr).toMatch(text);
};
const tensorsIn = async (path: string) => (await readSafetensors(await readFile(at(path)))).tensors;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-weights-'));
  await writePictures(at('first'), { train: 14, val: 4 });
  await writePictures(at('second'), { train: 10, val: 3 }, ['blue', 'green', 'red', 'grey']);
  const model = ['--model', 'resnext_cifar', '--image-size', '12', '--batch-size', '6'];
  const run = ['train', 'first', '--out', 'run', '--epochs', '2', '--mixup', '0.2', ...model, ...set];
  const { code, stderr } = await inFolder(...run, ...engine);
  expect(code, stderr).toBe(0);
});
afterAll(() => rm(folder, { recursive: true }));

describe('convert and export', () => {
  it('a checkpoint goes to PyTorch and back, number for number, and judges as before', async () => {
    const out = await inFolder('convert', 'run/best.safetensors', 'w.pth');
    told(
      out,
      0,
      /^wrote \d+ tensors to w\.pth, a resnext_cifar\nnote: a PyTorch file holds tensors only[^\n]*\n$/,
    );
    const exported = await inFolder('export', 'run/best.safetensors', '--torch', 'exported.pth');
    expect(exported.code, exported.stderr).toBe(0);
    expect(await readFile(at('exported.pth'))).toEqual(await readFile(at('w.pth')));

    const back = await inFolder('convert', 'w.pth', 'back.safetensors');
    expect(back.stderr).toMatch(/--model NAME stores which network they belong to/);
    expect(await tensorsIn('back.safetensors')).toEqual(await tensorsIn('run/best.safetensors'));

    const statistics = JSON.parse(await readFile(at('run/config.json'), 'utf8')) as {
      preprocessing: { mean: number[]; std: number[] };
    };
    const { mean, std } = statistics.preprocessing;
    const flags = ['--mean', mean.join(), '--std', std.join(), '--image-size', '12', ...engine, '--json'];
    const [own, bare] = await Promise.all([
      inFolder('eval', 'run/best.safetensors', 'first', ...engine, '--json'),
      inFolder('eval', 'w.pth', 'first', '--model', 'resnext_cifar', ...flags),
    ]);
    expect(bare.stderr).toBe('');
    const evaluated = JSON.parse(bare.stdout) as Record<string, unknown>;
    expect(JSON.parse(own.stdout)).toEqual({ ...evaluated, weights: 'run/best.safetensors' });
  });

  it('what is known of bare weights is written down, and predict needs nothing more', async () => {
    await inFolder('convert', 'run/best.safetensors', 'bare.pth');
    await writeFile(at('names.txt'), 'sea\nwood\nfire\n');
    const known = ['--model', 'resnext_cifar', '--mean', '0.4,0.4,0.4', '--std', '0.3,0.3,0.3'];
    const about = ['--classes', 'names.txt', '--licence', 'CC0-1.0', '--origin', 'https://example.org/w'];
    const { code, stderr } = await inFolder(
      'convert',
      'bare.pth',
      'told.safetensors',
      ...known,
      '--image-size',
      '12',
      ...about,
    );
    told({ code, stderr }, 0, 'a resnext_cifar');
    const { metadata } = await readSafetensors(await readFile(at('told.safetensors')));
    expect(Object.fromEntries(metadata)).toMatchObject({
      format: 'pt',
      licence: 'CC0-1.0',
      origin: 'https://example.org/w',
      classes: '["sea","wood","fire"]',
      input: '[3,12,12]',
    });
    const predicted = await inFolder(
      'predict',
      'told.safetensors',
      'first/val/red/0.png',
      '--json',
      ...engine,
    );
    expect(predicted.stderr).toBe('');
    const [{ top }] = JSON.parse(predicted.stdout) as [{ top: [{ class: string }] }];
    expect(top[0].class).toBe('fire');
  });

  it('origin and licence go through files of unnamed networks', async () => {
    await inFolder('convert', 'run/best.safetensors', 'unnamed.pth');
    await inFolder('convert', at('unnamed.pth'), 'one.safetensors', '--licence', 'CC0-1.0');
    await inFolder('convert', 'one.safetensors', 'two.safetensors', '--model', 'resnext_cifar');
    const { metadata } = await readSafetensors(await readFile(at('two.safetensors')));
    // The file's name: its folder is nobody else's business.
    expect(Object.fromEntries(metadata)).toMatchObject({ licence: 'CC0-1.0', origin: 'unnamed.pth' });
  });

  it('onnx files are written, with and without preprocessing', async () => {
    const { code, stderr } = await inFolder(
      'export',
      'run/best.safetensors',
      '--onnx',
      'net.onnx',
      '--fold-bn',
      '--preprocess',
    );
    told({ code, stderr }, 0, /^wrote .* to net\.onnx: image, uint8 N×H×W×C of any size → logits\n$/);
    const file = await readFile(at('net.onnx'), 'latin1');
    for (const text of ['layer1.0.conv2.weight', 'preprocessing', 'resnext_cifar'])
      expect(file).toContain(text);

    // What is said of bare weights goes into the file as it does with convert.
    await inFolder('export', 'run/best.safetensors', '--torch', 'to-onnx.pth');
    const known = ['--mean', '0.41,0.42,0.43', '--std', '0.3,0.3,0.3', '--image-size', '12'];
    const bare = await inFolder(
      'export',
      'to-onnx.pth',
      '--onnx',
      'bare.onnx',
      '--model',
      'resnext_cifar',
      ...known,
    );
    told(bare, 0, /^wrote .* to bare\.onnx: input, float32 N×C×H×W → logits\n$/);
    expect(await readFile(at('bare.onnx'), 'latin1')).toContain('"mean":[0.41,0.42,0.43]');
  });
});

describe('what is said must not be lost', () => {
  it('convert refuses what it cannot write down', async () => {
    await writeFile(at('two.txt'), 'sea\nwood\n');
    const bare = await inFolder('convert', 'w.pth', 'x.safetensors', '--classes', 'two.txt');
    told(bare, 2, /^cardinal: --classes is stored with the network: .* --model; they fit resnext_cifar\n$/);
    const named = ['convert', 'w.pth', 'x.safetensors', '--model', 'resnext_cifar'];
    const few = await inFolder(...named, '--classes', 'two.txt');
    told(few, 1, 'resnext_cifar has 3 classes, but there are 2 names for them');
    told(await inFolder(...named, '--mean', '0,0,0'), 2, 'give both --mean and --std');
    await writeFile(at('odd.json'), '{"sea": 0}');
    const odd = await inFolder(...named, '--classes', 'odd.json');
    told(odd, 1, /^cardinal: odd\.json: expected .*\["tench", …\].*\n$/);
  });

  it('one file is not written over with the other', async () => {
    const both = await inFolder('export', 'run/best.safetensors', '--onnx', 'a', '--torch', './a');
    told(both, 2, '--onnx and --torch name the same file');
  });

  it('a path in a line to copy is quoted', async () => {
    const { stderr } = await inFolder('export', 'run/best.safetensors', '--torch', "it's.pth");
    expect(stderr).toContain(`torch.load("it's.pth")`);
  });

  it('grey weights whose pictures nothing is known of go to any format', async () => {
    const state = createModel('resnet20_cifar', { inChannels: 1, numClasses: 3 }).initialize(1).stateDict();
    await writeFile(at('grey.safetensors'), await writeSafetensors(state, {}));
    const model = ['--model', 'resnet20_cifar'];
    told(await inFolder('convert', 'grey.safetensors', 'grey.pth', ...model), 0, 'wrote');
    told(await inFolder('export', 'grey.safetensors', '--onnx', 'grey.onnx', ...model), 0, 'wrote');
    const prepared = await inFolder('export', 'grey.safetensors', '--onnx', 'g', '--preprocess', ...model);
    told(prepared, 1, 'give --mean and --std');
  });
});

describe('what does not go together is told', () => {
  it('with the network that the weights do fit', async () => {
    const { code, stderr } = await inFolder('eval', 'w.pth', 'first', '--model', 'resnet20_cifar', ...engine);
    told({ code, stderr }, 1, /does not fit: .*\? They fit resnext_cifar\n$/);
    const other = [...set.slice(1), 'numClasses=5'];
    const asked = await inFolder('eval', 'w.pth', 'first', '--model', 'resnext_cifar', '--set', ...other);
    told(asked, 1, /have other classes .*; they fit resnext_cifar with --set left out\n$/);
  });

  it.each([
    ['https://huggingface.co/timm/net/tree/main', 'give hf:timm/net'],
    ['https://example.org/w.pth', 'download it and name the file'],
  ])('for the address %s', async (address, advice) => {
    told(await inFolder('inspect', address), 2, `is an address, expected a file: ${advice}`);
  });

  it('weights that give no numbers are not taken for an answer', async () => {
    const { tensors, metadata } = await readSafetensors(await readFile(at('run/best.safetensors')));
    tensors.set('fc.bias', f32([3], Float32Array.of(0, NaN, 0)));
    await writeFile(at('nan.safetensors'), await writeSafetensors(tensors, Object.fromEntries(metadata)));
    const [picture = ''] = await readdir(at('first/val/blue'));
    const predicted = await inFolder('predict', 'nan.safetensors', `first/val/blue/${picture}`, ...engine);
    told(predicted, 1, 'resnext_cifar gives NaN or infinity for this picture');
    expect(predicted.stdout).toBe('');
    const evaluated = await inFolder('eval', 'nan.safetensors', 'first', ...engine);
    told(evaluated, 0, /^warning: nan\.safetensors gives NaN or infinity for some pictures/);
  });

  it('another number of classes than the data has', async () => {
    const args = ['train', 'first', '--model', 'resnext_cifar', '--set', 'numClasses=7'];
    told(await inFolder(...args), 2, '--set numClasses=7: first has 3 classes, leave it out');
  });
});

describe('inspect', () => {
  it('lists tensors, metadata and what fits', async () => {
    const { code, stdout } = await inFolder('inspect', 'run/last.safetensors');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^optimizer\.exp_avg\.conv1\.weight +F32 +16×3×3×3$/m);
    expect(stdout).toMatch(/^run\/last\.safetensors: safetensors, \d+ tensors, .* MiB$/m);
    expect(stdout).toMatch(/^ {2}model +\{"name":"resnext_cifar"/m);
    expect(stdout).toMatch(/^ {2}recipe +\{"name":"quick"/m);
    expect(stdout).toMatch(
      /--model resnext_cifar \(numClasses=3, layers=1,1,1, planes=16, cardinality=4, baseWidth=16\)$/m,
    );
  });

  it('shows what a file says without doing it', async () => {
    const tensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) } as const;
    const bytes = await writeSafetensors(new Map([['a\u001b[2Jb', tensor]]), { note: 'c\u001b]0;d\u0007' });
    await writeFile(at('hostile.safetensors'), bytes);
    const { code, stdout } = await inFolder('inspect', 'hostile.safetensors');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^a\\u001b\[2Jb +F32 +1$/m);
    expect(stdout).not.toContain('\u001b');
    const { stderr } = await inFolder('eval', 'hostile.safetensors', 'first', '--model', 'resnext_cifar');
    expect(stderr).toContain('unexpected a\\u001b[2Jb');
  });

  it('gives the same as JSON', async () => {
    const { stdout } = await inFolder('inspect', 'run/best.safetensors', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      file: 'run/best.safetensors',
      format: 'safetensors',
      fits: [{ model: 'resnext_cifar', nameMap: 'torchvision' }],
    });
  });
});

describe('transfer', () => {
  const transfer = [
    'train',
    'second',
    '--weights',
    'run/best.safetensors',
    '--epochs',
    '1',
    '--batch-size',
    '8',
  ];

  it('other classes need a fresh head, and are told so', async () => {
    const { code, stderr } = await inFolder(...transfer, ...engine);
    told({ code, stderr }, 1, /^cardinal: .*grey.*--head reset.* begins with a fresh classifier\n$/);
    const bare = await inFolder(
      'train',
      'second',
      '--weights',
      'w.pth',
      '--model',
      'resnext_cifar',
      ...engine,
    );
    expect(bare.stderr).toMatch(
      /the weights have other classes \(fc\.weight: expected 4×256, got 3×256.*--head reset/,
    );
  });

  it('begins with the weights, trains what is not frozen, and goes on after an interruption', async () => {
    const frozen = ['--freeze', 'conv1', 'bn1'];
    const { code, stderr, stdout } = await inFolder(
      ...transfer,
      '--head',
      'reset',
      ...frozen,
      '--out',
      'tuned',
      '--json',
      ...engine,
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      'begins with run/best.safetensors, its classifier reinitialised; frozen: conv1 bn1',
    );
    expect(JSON.parse(stdout)).toMatchObject({ reason: 'finished' });
    const [before, after] = await Promise.all([
      tensorsIn('run/best.safetensors'),
      tensorsIn('tuned/best.safetensors'),
    ]);
    for (const name of [
      'conv1.weight',
      'bn1.weight',
      'bn1.bias',
      'bn1.running_mean',
      'bn1.num_batches_tracked',
    ]) {
      expect(after.get(name), name).toEqual(before.get(name));
    }
    expect(after.get('layer1.0.conv2.weight')).not.toEqual(before.get('layer1.0.conv2.weight'));
    expect(after.get('fc.weight')?.shape).toEqual([4, 256]);

    const config = JSON.parse(await readFile(at('tuned/config.json'), 'utf8')) as Record<string, unknown>;
    const first = JSON.parse(await readFile(at('run/config.json'), 'utf8')) as Record<string, unknown>;
    expect(config).toMatchObject({
      weights: { file: 'run/best.safetensors', head: 'reset', origin: 'best.safetensors' },
      freeze: ['conv1', 'bn1'],
      // Pictures are prepared as those of the weights were.
      preprocessing: first['preprocessing'],
    });
    const again = await inFolder('train', '--resume', 'tuned', '--json', ...engine);
    expect(again.code, again.stderr).toBe(0);
  });

  it('a repository’s name without hf: is told from a path', async () => {
    const { stderr } = await inFolder('inspect', 'timm/resnet18.a1_in1k');
    expect(stderr).toMatch(
      /^cardinal: cannot read [^\n]* \(or hf:timm\/resnet18\.a1_in1k, if the hub's is meant\)\n$/,
    );
    expect((await inFolder('inspect', 'run/none.safetensors')).stderr).not.toContain('hf:');
  });

  it('flags that make no sense are usage errors', async () => {
    const fresh = await inFolder('train', 'second', '--model', 'resnext_cifar', '--head', 'reset');
    told(fresh, 2, '--head reset is for --weights');
    const nothing = await inFolder(...transfer, '--head', 'reset', '--freeze', 'layr1', ...engine);
    told(nothing, 2, /'layr1'.*nearest: layer1/);
    const nowhere = await inFolder('export', 'run/best.safetensors');
    told(nowhere, 2, '--onnx FILE, --torch FILE');
    const ending = await inFolder('convert', 'run/best.safetensors', 'out.txt');
    told(ending, 2, '.safetensors, .pth or .pt');
  });
});
