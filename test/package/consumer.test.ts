import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { writeClasses } from '../node/data/support/sources.ts';
import { writeSome } from '../support/some-pictures.ts';

/** The packed package in a project of somebody else's, installed without optional dependencies: no binary of sharp, no koffi. */
const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const weights = join(root, 'test/fixtures/pytorch/zip-state.pth');
let project: string;
let missing: string | undefined;

const source = `
import { compile, createModel, F, nn, summary, type Value } from 'cardinal-nn';
import { createReferenceBackend, planInference, type Backend, type Plan } from 'cardinal-nn/backends';
import { countModel } from 'cardinal-nn/cost';
import { balancedSubset, type BatchLoader, type Picture } from 'cardinal-nn/data';
import { createBackend, loadClassifier, openData, trainOn } from 'cardinal-nn/node';
import { recipes, type TrainEvent } from 'cardinal-nn/train';
import { exportOnnx, type TensorArchive } from 'cardinal-nn/weights';

class Net extends nn.Module {
  readonly conv = new nn.Conv2d(3, 8, 3);
  forward(x: Value): Value {
    return F.relu(this.conv(x));
  }
}
export const rows: number = summary(new Net(), { inputSize: [1, 3, 8, 8] }).rows.length;
export const same: typeof summary = nn.summary;
export const parameters: number = countModel('resnet18').params;

export async function all(path: string): Promise<Float32Array> {
  const backend = await createBackend({ threads: 1 });
  const compiled = await compile(createModel('resnet20_cifar'), { input: [1, 3, 32, 32], backend });
  const { train } = await openData(path);
  if (train === undefined) throw new Error(recipes.quick.name);
  await trainOn(await openData(path), new Net(), { epochs: 1, onEvent: (event: TrainEvent) => void event.type });
  await (await loadClassifier(path)).dispose();
  await exportOnnx(new Net(), { input: [3, 8, 8], name: balancedSubset(train, 1, 1).name });
  return (await compiled.forward(new Float32Array(3072))).data;
}

export const plan: Plan = planInference(nn.trace(new Net(), [1, 3, 8, 8], { training: false }), createReferenceBackend(), {
  name: 'net',
});
export type Own = [Backend, BatchLoader, Picture, TensorArchive];
`;

/** A worker of a page, and what any program of a browser does. */
const workerSource = `
import { createModel } from 'cardinal-nn';
import { isolate } from 'cardinal-nn/isolate';
import { createBackend, exportRun, importRun, listRuns, loadClassifier, openPictures, trainOn, type WebBackend } from 'cardinal-nn/web';

export async function all(files: readonly File[], bitmap: ImageBitmap, image: ImageData): Promise<string> {
  const { isolated, reason } = await isolate({ script: '/isolate-worker.js' });
  const backend: WebBackend = await createBackend({ base: new URL('https://example.org/'), threads: 2 });
  const classifier = await loadClassifier(new Blob([]), { backend, signal: new AbortController().signal });
  for (const picture of [bitmap, image, 'a.jpg', new URL('https://example.org/a.jpg'), ...files]) await classifier.classify(picture);
  const data = await openPictures({ cats: files, dogs: files });
  await trainOn(data, createModel('resnet20_cifar', { numClasses: 2 }), { backend, out: 'opfs:runs/pets', onEvent: console.log });
  await importRun(await exportRun('opfs:runs/pets'), 'opfs:runs/copy');
  return isolated ? String((await listRuns()).length) : reason;
}
`;

/** The same, and what only a page has. */
const pageSource = `${workerSource}
export async function shown(handle: FileSystemDirectoryHandle, input: HTMLInputElement): Promise<void> {
  const classifier = await loadClassifier('/demo.safetensors');
  for (const name of ['img', 'canvas', 'video'] as const) await classifier.classify(document.createElement(name));
  await openPictures(handle);
  if (input.files !== null) await openPictures({ cats: input.files, dogs: [...input.files] });
}
`;

/** The same in plain JavaScript, from each entrance, without the binaries that are optional. */
const script = `
import { compile, nn } from 'cardinal-nn';
import { createReferenceBackend } from 'cardinal-nn/backends';
import { countModel } from 'cardinal-nn/cost';
import { preprocess } from 'cardinal-nn/data';
import { createBackend } from 'cardinal-nn/node';
import { recipes } from 'cardinal-nn/train';
import { readSafetensors } from 'cardinal-nn/weights';

const input = [1, 1, 1, 3];
const outputs = [];
for (const backend of [createReferenceBackend(), await createBackend({ threads: 2 })]) {
  const { data } = await (await compile(new nn.ReLU(), { input, backend })).forward(Float32Array.of(-1, 2, 3));
  outputs.push([...data]);
  await backend.dispose();
}
console.log(JSON.stringify([outputs, countModel('resnet18').params, typeof preprocess, recipes.quick.name, typeof readSafetensors]));
`;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'cardinal-consumer-'));
  const npm = (...args: readonly string[]) => run('npm', args, { cwd: project, timeout: 150_000 });
  const { stdout } = await npm('pack', root, '--ignore-scripts', '--silent');
  await writeFile(join(project, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }');
  try {
    const flags = ['--omit=optional', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await npm('install', `./${stdout.trim()}`, ...flags, '--fetch-retries=0', '--fetch-timeout=60000');
  } catch (error) {
    missing = `npm could not install the package here: ${error instanceof Error ? error.message.split('\n')[0] : ''}`;
    console.warn(missing);
  }
});
afterAll(() => rm(project, { recursive: true, force: true }));

describe('the package as others install it', () => {
  test('has no map without its source', async ({ skip }: TestContext) => {
    skip(missing !== undefined, missing);
    const files = await readdir(join(project, 'node_modules/cardinal-nn'), { recursive: true });
    expect(files).toContain(join('dist', 'src', 'index.d.ts'));
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
  });

  test.each([
    ['neither the DOM nor Node', { lib: ['es2024'], types: [] }],
    ['the DOM', { lib: ['es2024', 'dom'], types: [] }],
    [
      'the DOM, and are bundled',
      { lib: ['es2024', 'dom'], types: [], module: 'esnext', moduleResolution: 'bundler' },
    ],
    [
      'Node and the newest JavaScript',
      { lib: ['esnext'], types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
    ],
    ['a page, and are one', { lib: ['es2024', 'dom', 'dom.iterable'], types: [] }, pageSource],
    ['workers', { lib: ['es2024', 'webworker'], types: [] }, workerSource],
  ])('is typed for programs that know %s', async (_, options, program = source) => {
    if (missing !== undefined) return;
    await writeFile(join(project, 'index.ts'), program);
    const strict = { target: 'es2024', module: 'nodenext', strict: true, exactOptionalPropertyTypes: true };
    const compilerOptions = { ...strict, skipLibCheck: false, noEmit: true, ...options };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['index.ts'] }));
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const found = await run(process.execPath, [compiler, '-p', project]).catch((error: unknown) => error);
    expect(found).toMatchObject({ stdout: '' });
  });

  test('runs in plain JavaScript, from each of its entrances', async ({ skip }: TestContext) => {
    skip(missing !== undefined, missing);
    await writeFile(join(project, 'index.js'), script);
    const { stdout } = await run(process.execPath, ['index.js'], { cwd: project });
    const relu = [0, 2, 3];
    expect(JSON.parse(stdout)).toEqual([[relu, relu], 11_689_512, 'function', 'quick', 'function']);
  });

  test('does without sharp what needs no picture files, and says what to install for the rest', async ({
    skip,
  }: TestContext) => {
    skip(missing !== undefined, missing);
    const photos = join(project, 'photos');
    await writeClasses(photos, { Bag: 40, Dress: 40 });
    const said = (...args: readonly string[]) =>
      run(process.execPath, ['node_modules/cardinal-nn/bin/cardinal.js', ...args], { cwd: project }).then(
        ({ stdout, stderr }) => stdout + stderr,
        (error: unknown) => error,
      );
    const sample = join(project, 'fashion-mnist-sample');
    await writeSome(join(project, 'node_modules/cardinal-nn/data/fashion-mnist-sample'), sample, {
      train: 400,
      t10k: 100,
    });
    const small = ['--set', 'layers=1,1,1', 'planes=4', 'cardinality=2', 'baseWidth=16'];
    expect(await said('summary', 'resnet18', '--depth', '0')).toContain('11,689,512');
    expect(await said('models')).toContain('resnext50_32x4d');
    expect(await said('tradeoff')).toContain('Width d');
    expect(await said('doctor')).toContain('threads');
    expect(await said('inspect', weights)).toContain('numbers');
    expect(await said('convert', weights, 'state.safetensors')).toContain('wrote');
    await said(
      'train',
      sample,
      '--model',
      'resnext_cifar',
      ...small,
      '--epochs',
      '1',
      '--batch-size',
      '100',
      '--out',
      'run',
    );
    expect(await said('eval', 'run/best.safetensors', sample)).toContain('%');
    const refused = {
      code: 1,
      stderr: expect.stringMatching(/^cardinal: [^\n]*npm install --include=optional sharp\n$/) as string,
    };
    expect(await said('train', photos, '--model', 'resnext_cifar', ...small, '--out', 'other')).toMatchObject(
      refused,
    );
    expect(await said('eval', 'run/best.safetensors', photos)).toMatchObject(refused);
    // A small PNG needs no library; what is none does.
    expect(await said('predict', 'run/best.safetensors', join(photos, 'Bag/000.png'))).toContain('%');
    await writeFile(join(project, 'no.webp'), 'RIFF\x20\0\0\0WEBPVP8 ');
    expect(await said('predict', 'run/best.safetensors', join(project, 'no.webp'))).toMatchObject(refused);
  });
});
