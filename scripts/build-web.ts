/**
 * Bundles what workers of a page start with into `dist/web/`: scripts that import nothing, so that a bundler may copy and rename them
 * as it does with pictures. Beside them lie the licences of what they carry.
 */
import { build, type BuildOptions } from 'esbuild';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { byCodePoint } from '../src/base/order.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'dist/web');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };

const common: BuildOptions = {
  absWorkingDir: root,
  outdir: folder,
  bundle: true,
  minify: true,
  platform: 'browser',
  // Those of two years ago.
  target: ['chrome131', 'firefox133', 'safari18.1'],
  banner: { js: `/* cardinal-nn ${version}; see licences.txt */` },
  logLevel: 'warning',
};

const scripts = await bundle({ format: 'esm' }, 'engine', 'training', 'worker');
// A classic script: another service worker may import it.
const isolating = await bundle({ format: 'iife' }, 'isolate-worker');
const files = new Map([
  ...scripts.files,
  ...isolating.files,
  ['licences.txt', await licences(scripts.packages)],
]);
await mkdir(folder, { recursive: true });
for (const [name, content] of files) await replace(join(folder, name), content);
for (const name of await readdir(folder))
  if (!files.has(name) && !name.endsWith('.tmp')) await rm(join(folder, name), { recursive: true });

/** The bundles of scripts of `src/web`, and the folders of packages whose code they carry. */
async function bundle(
  options: BuildOptions,
  ...names: readonly string[]
): Promise<{ readonly files: Map<string, string>; readonly packages: Set<string> }> {
  const { outputFiles, metafile } = await build({
    ...common,
    ...options,
    entryPoints: names.map((name) => `src/web/${name}.ts`),
    write: false,
    metafile: true,
  });
  const files = new Map(outputFiles.map(({ path, text }) => [path.slice(folder.length + 1), text]));
  for (const [name, text] of files) {
    // Renamed or started through a Blob, a script has no neighbours.
    if (text.includes('import.meta')) throw new Error(`dist/web/${name} asks where it is: give it the URL`);
  }
  for (const { imports } of Object.values(metafile.outputs)) {
    if (imports.length > 0)
      throw new Error(`dist/web has imports: ${imports.map(({ path }) => path).join(', ')}`);
  }
  const packages = Object.keys(metafile.inputs).flatMap(
    (path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  );
  return { files, packages: new Set(packages) };
}

async function licences(packages: ReadonlySet<string>): Promise<string> {
  const own = await readFile(join(root, 'LICENSE'), 'utf8');
  const others = [...packages].sort(byCodePoint).map(async (path) => {
    const file = (await readdir(join(root, path))).find((name) => /^licen[cs]e/i.test(name));
    if (file === undefined) throw new Error(`${path} has no licence`);
    return `${path.slice('node_modules/'.length)}\n\n${await readFile(join(root, path, file), 'utf8')}`;
  });
  return [`cardinal-nn\n\n${own}`, ...(await Promise.all(others))].join(`\n${'-'.repeat(80)}\n\n`);
}

/** Whole, since another build may read or write the same file. */
async function replace(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}
