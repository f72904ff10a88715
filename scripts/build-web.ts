/**
 * Bundles what workers of a page start with into `dist/web/`: scripts that import nothing, so that a bundler may copy and rename them
 * as it does with pictures; and `cardinal.js`, the library for pages without a bundler. Beside them lie the licences of what they carry.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { minify, type MinifyOptions } from 'terser';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { byCodePoint } from '../src/base/order.ts';
import { standIns, withoutGradients, withoutWords } from './stand-ins.ts';

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

const minifying: MinifyOptions = {
  ...{ module: true, ecma: 2020, compress: { passes: 3 } },
  format: { comments: /cardinal-nn/ },
};

const noLibrary = { 'backends/wasm/blas-kernels.ts': 'backends/wasm/no-blas-kernels.ts' };
const forInference = standIns(root, {
  ...noLibrary,
  'backends/wasm/lower/table.ts': 'backends/wasm/lower/table-inference.ts',
  'graph/ops/index.ts': 'graph/ops/index-inference.ts',
});
// All weights are read, and all graphs end with their outputs.
const forReading = standIns(root, {
  'base/rng.ts': 'base/no-rng.ts',
  'base/nearest.ts': 'base/no-nearest.ts',
  'nn/init.ts': 'nn/no-init.ts',
});
const forTraining = standIns(root, {
  ...noLibrary,
  'backends/wasm/lower/table.ts': 'backends/wasm/lower/table-training.ts',
});

// Who loads them has classes of errors already.
const onDemand = standIns(root, { 'base/errors.ts': 'web/errors-of-loader.ts' });

const scripts = [
  await bundle(
    { format: 'esm', plugins: [forInference, forReading, withoutGradients, withoutWords] },
    'web/engine',
  ),
  await bundle({ format: 'esm', plugins: [forInference, onDemand, withoutWords] }, 'web/weights'),
  await bundle({ format: 'esm', plugins: [onDemand] }, 'web/pictures'),
  await bundle({ format: 'esm', plugins: [forTraining, withoutWords] }, 'web/training', 'web/worker'),
];
// It is told where its WebAssembly is.
const jpeg = await bundle({ format: 'esm', define: { 'import.meta.url': '""' } }, 'web/jpeg');
const decoder = await readFile(join(root, 'node_modules/@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
// A classic script: another service worker may import it.
const isolating = await bundle({ format: 'iife' }, 'web/isolate-worker');
// What a page without a bundler imports. It lies beside the scripts, one folder nearer to them than the modules of the package.
const page = await bundle(
  {
    ...{ format: 'esm', splitting: true, chunkNames: 'cardinal/[name]-[hash]' },
    plugins: [nearer('src/web/scripts.ts', '../../', '../')],
  },
  'cardinal',
);
// Renamed or started through a Blob, a script has no neighbours.
for (const { files, imports } of [...scripts, jpeg, isolating]) {
  if (imports.length > 0) throw new Error(`dist/web has imports: ${imports.join(', ')}`);
  for (const [name, text] of files)
    if (text.includes('import.meta')) throw new Error(`dist/web/${name} asks where it is: give it the URL`);
}
const files = new Map<string, string | Uint8Array>([
  ...[...scripts, jpeg, isolating, page].flatMap(({ files }) => [...files]),
  ['jpeg.wasm', decoder],
  [
    'licences.txt',
    await licences(new Set([...scripts, jpeg, page].flatMap(({ packages }) => [...packages]))),
  ],
]);
await mkdir(folder, { recursive: true });
for (const [name, content] of files) await replace(join(folder, name), content);
for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  const isOurs = entry.isDirectory() || files.has(relative(folder, path).replaceAll(sep, '/'));
  if (!isOurs && !entry.name.endsWith('.tmp')) await rm(path, { force: true });
}

interface Bundle {
  /** Contents by path in `dist/web`. */
  readonly files: ReadonlyMap<string, string>;
  /** Folders of packages whose code they carry. */
  readonly packages: ReadonlySet<string>;
  readonly imports: readonly string[];
}

/** Bundles modules of `src`. */
async function bundle(options: BuildOptions, ...names: readonly string[]): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...common,
    ...options,
    entryPoints: names.map((name) => `src/${name}.ts`),
    write: false,
    metafile: true,
  });
  const files = new Map<string, string>();
  for (const { path, text } of outputFiles) {
    // Of two programs that minify, the second makes it 5 % smaller.
    const { code = text } = options.splitting === true ? {} : await minify(text, minifying);
    files.set(path.slice(folder.length + 1), code);
  }
  const outputs = Object.values(metafile.outputs);
  const packages = outputs
    .flatMap(({ inputs }) => Object.keys(inputs))
    .flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  const imports = outputs.flatMap(({ imports }) => imports.map(({ path }) => path));
  return { files, packages: new Set(packages), imports };
}

/** Shortens the way from one module to its files. */
function nearer(module: string, from: string, to: string): Plugin {
  const path = join(root, module);
  return {
    name: 'nearer',
    setup: (build) => {
      build.onLoad({ filter: /\.ts$/ }, async (file) => {
        if (file.path !== path) return undefined;
        const source = await readFile(path, 'utf8');
        return { contents: source.replaceAll(`new URL('${from}`, `new URL('${to}`), loader: 'ts' };
      });
    },
  };
}

async function licences(packages: ReadonlySet<string>): Promise<string> {
  const own = await readFile(join(root, 'LICENSE'), 'utf8');
  const others = [...packages].sort(byCodePoint).map(async (path) => {
    const name = path.slice('node_modules/'.length);
    const file = (await readdir(join(root, path))).find((file) => /^licen[cs]e/i.test(file));
    // A package may have its licence in its repository alone.
    const text = file === undefined ? `scripts/licences/${name.replace('/', '-')}.txt` : `${path}/${file}`;
    return `${name}\n\n${await readFile(join(root, text), 'utf8')}`;
  });
  return [`cardinal-nn\n\n${own}`, ...(await Promise.all(others))].join(`\n${'-'.repeat(80)}\n\n`);
}

/** Whole, since another build may read or write the same file. */
async function replace(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}
