import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundled, writeSome } from '../support/some-pictures.ts';

/**
 * A program that was bundled and minified computes, counts and calls everything as the same program does by itself: nothing
 * depends on what a class or a function is called. It runs on the built package, as users have it.
 */
const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const program = join(root, 'test/package/program.ts');
let env: NodeJS.ProcessEnv;
let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardinal-bundle-'));
  bundle = join(folder, 'program.js');
  env = { ...process.env, PICTURES: join(folder, 'pictures') };
  await writeSome(bundled, join(folder, 'pictures'), { train: 2000, t10k: 200 });
  const banner =
    "import { createRequire as $require } from 'node:module'; const require = $require(import.meta.url);";
  const { warnings } = await build({
    entryPoints: [program],
    outfile: bundle,
    bundle: true,
    minify: true,
    keepNames: false,
    platform: 'node',
    format: 'esm',
    absWorkingDir: root,
    // What is CommonJS among the dependencies asks for Node's own modules.
    banner: { js: banner },
    external: ['canvas'],
  });
  expect(warnings).toEqual([]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('bundled on its own it says that its files are missing, and how to bring them', async () => {
  const alone = run(process.execPath, [bundle, join(folder, 'alone'), 'begin'], { cwd: folder, env });
  await expect(alone).rejects.toThrow(
    /CardinalError\]?: kernels-[\w-]+\.wasm of cardinal-nn is not beside .*: mark cardinal-nn as external/,
  );
});

test('a minified program prints what the program does, and goes on with its run', async () => {
  const plain = await printed(program, 'plain', 'begin');
  // One of each combination of classes.
  expect((plain as { networks: unknown[] }).networks.length).toBeGreaterThan(40);
  await install();
  const minified = await printed(bundle, 'minified', 'begin');
  expect(minified).toEqual(plain);

  const [left, right] = await Promise.all(['plain', 'minified'].map(metadata));
  expect(right).toEqual(left);
  // Begun under one name of a class, ended under another.
  await cp(join(folder, 'plain'), join(folder, 'crossed'), { recursive: true });
  const whole = await printed(program, 'plain', 'resume');
  expect(await printed(bundle, 'crossed', 'resume')).toEqual(whole);
}, 600_000);

test('a bundle in CommonJS, required by another script, finds the files of the installed package', async () => {
  await install();
  const required = join(folder, 'required.cjs');
  await build({
    stdin: {
      contents: `
        import { compile, nn } from 'cardinal-nn';
        import { createBackend } from 'cardinal-nn/node';
        void createBackend({ threads: 2, blas: false }).then(async (backend) => {
          const model = await compile(new nn.ReLU(), { input: [1, 1, 1, 3], backend });
          const { data } = await model.forward(Float32Array.of(-1, 2, 3));
          console.log(JSON.stringify([...data]));
          await backend.dispose();
        });`,
      resolveDir: root,
    },
    outfile: required,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    absWorkingDir: root,
    external: ['canvas'],
    logOverride: { 'empty-import-meta': 'silent' },
  });
  const main = await mkdtemp(join(tmpdir(), 'cardinal-main-'));
  try {
    await writeFile(join(main, 'main.cjs'), `require(${JSON.stringify(required)})`);
    const { stdout } = await run(process.execPath, [join(main, 'main.cjs')], { cwd: main, env });
    expect(JSON.parse(stdout)).toEqual([0, 2, 3]);
  } finally {
    await rm(main, { recursive: true, force: true });
  }
});

/** The package where the bundles run: its files are found there. */
async function install(): Promise<void> {
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  const place = join(folder, 'node_modules/cardinal-nn');
  if (!existsSync(place)) await symlink(root, place, 'junction');
}

async function printed(script: string, out: string, mode: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, [script, join(folder, out), mode], { cwd: folder, env });
  return JSON.parse(stdout);
}

/** What a run's checkpoint says of its network. */
async function metadata(out: string): Promise<unknown> {
  const bytes = await readFile(join(folder, out, 'last.safetensors'));
  const size = Number(bytes.readBigUInt64LE(0));
  const header: unknown = JSON.parse(bytes.subarray(8, 8 + size).toString());
  return header;
}
