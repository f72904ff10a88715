/**
 * Bundles what workers of a page start with into `dist/web/`: scripts that import nothing, so that a bundler may copy and rename them
 * as it does with pictures; and `cardinal.js`, the library for pages without a bundler. Beside them lie the licences of what they carry.
 */
import { build, type BuildOptions, type Plugin } from 'esbuild';
import { minify, type MinifyOptions } from 'terser';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { licences, packagesIn } from './licences.ts';
import { split } from './split.ts';
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
  // Functions become arrows if they have no `this`: none here is constructed, or asked for its prototype.
  ...{ module: true, ecma: 2020, compress: { passes: 3, unsafe_arrows: true } },
  format: { comments: /cardinal-nn/ },
};

/** What only networks after ResNeXt need. */
const noLineage = {
  'backends/wasm/args/more-activations.ts': 'backends/wasm/args/no-more-activations.ts',
  'backends/wasm/lower/lineage.ts': 'backends/wasm/lower/no-lineage.ts',
  'backends/wasm/lower/lineage-convolutions.ts': 'backends/wasm/lower/no-lineage-convolutions.ts',
  'graph/fusable.ts': 'graph/all-fusable.ts',
  'data/policies.ts': 'data/no-strong-augmentation.ts',
  'data/repeats.ts': 'train/no-lineage-recipes.ts',
  'data/strong-augmentation.ts': 'data/no-strong-augmentation.ts',
  'data/transforms/erase.ts': 'data/no-strong-augmentation.ts',
  'graph/more-activations.ts': 'graph/no-more-activations.ts',
  'graph/ops/lineage.ts': 'graph/ops/no-lineage.ts',
  'nn/several.ts': 'nn/no-several.ts',
  'plan/outputs.ts': 'plan/no-outputs.ts',
  'plan/record-losses.ts': 'plan/no-losses.ts',
  'plan/record-other-update.ts': 'plan/no-other-update.ts',
  'train/lineage-recipes.ts': 'train/no-lineage-recipes.ts',
  'train/recipe-parts.ts': 'train/no-lineage-recipes.ts',
  'train/loss.ts': 'train/no-loss.ts',
  'train/other-optimizers.ts': 'train/no-other-optimizers.ts',
  'use/plain-answer.ts': 'use/no-plain-answer.ts',
  'weights/onnx/norm-steps.ts': 'weights/onnx/no-norm-steps.ts',
  'models/lineage-entries.ts': 'models/no-lineage-entries.ts',
  'weights/torchvision-names.ts': 'weights/no-torchvision-names.ts',
  'models/infer-parts.ts': 'models/no-parts.ts',
  'models/part-options.ts': 'models/no-parts.ts',
  'models/parts.ts': 'models/no-parts.ts',
};
/** What no page has: native libraries, listings of plans. */
const noLibrary = {
  'backends/reductions.ts': 'backends/no-reductions.ts',
  'backends/wasm/blas-kernels.ts': 'backends/wasm/no-blas-kernels.ts',
  'backends/wasm/kernels-of.ts': 'backends/wasm/no-kernels-of.ts',
};
/** What only the engine that explains has: several batch sizes. */
const noBatches = { 'plan/batch-sizes.ts': 'plan/one-batch-size.ts' };
const smaller = {
  'base/crc32.ts': 'base/small-crc32.ts',
  'zod/mini': 'base/small-schemas.ts',
  'zod/locales': 'base/small-schemas.ts',
};
/** Other ranks, and archives of samples. */
const noRanks = {
  'backends/wasm/lower/table.ts': 'backends/wasm/lower/table-training.ts',
  'data/shards/members.ts': 'data/shards/no-shards.ts',
  'data/shards/order.ts': 'data/shards/no-shards.ts',
  'graph/ops/all-reduce.ts': 'graph/ops/no-ranks.ts',
  'graph/ops/sync-batch-norm.ts': 'graph/ops/no-ranks.ts',
  'plan/buckets.ts': 'plan/no-buckets.ts',
  'plan/divide.ts': 'plan/no-divide.ts',
  'run/training/together.ts': 'run/training/alone.ts',
  'train/add-up.ts': 'train/no-add-up.ts',
};
const forInference = standIns(root, {
  ...{ ...noLineage, ...noLibrary, ...noBatches, ...smaller },
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
  ...{ ...noLineage, ...noLibrary, ...noBatches, ...smaller, ...noRanks },
  'backends/wasm/lower/sync-batch-norm.ts': 'backends/wasm/lower/no-sync-batch-norm.ts',
  'data/targets.ts': 'data/no-targets.ts',
  'data/own/own-loading.ts': 'data/own/no-own-loading.ts',
  'data/own/require-kept.ts': 'data/own/no-streams.ts',
  'base/distance.ts': 'base/known-distance.ts',
  'nn/backbone.ts': 'nn/no-backbone.ts',
  'train/learning-rates.ts': 'train/no-learning-rates.ts',
  'models/bottlenecks.ts': 'models/known-bottlenecks.ts',
  'models/entries.ts': 'models/known-entries.ts',
  'run/report/reliability.ts': 'run/report/no-reliability.ts',
  'run/training/own-parts.ts': 'run/training/no-own-parts.ts',
  'plan/record-loss.ts': 'plan/no-loss.ts',
  'train/in-units.ts': 'train/no-standardize.ts',
  'train/standardize.ts': 'train/no-standardize.ts',
  'train/task-tally.ts': 'train/no-task-tally.ts',
  'train/unfreeze.ts': 'train/no-unfreeze.ts',
});
/** The complete scripts, for all networks: each is whole, but for what decodes pictures. */
const complete = {
  ...noLibrary,
  'models/known-entries.ts': 'models/all-known.ts',
  'web/engine/weights-script.ts': 'web/engine/own-weights-script.ts',
};
const forAllInference = standIns(root, {
  ...{ ...complete, ...noBatches, ...smaller },
  'backends/wasm/lower/table.ts': 'backends/wasm/lower/table-inference-all.ts',
  'graph/ops/index.ts': 'graph/ops/index-inference-all.ts',
});
const forAllTraining = standIns(root, { ...complete, ...noBatches, ...noRanks });
const forExplaining = standIns(root, { ...complete, ...noRanks });

// Who loads them has classes of errors already.
const onDemand = standIns(root, { 'base/errors.ts': 'web/errors-of-loader.ts' });

/** The complete ones lie beside the small ones. */
const entryNames = '[name]-all';
const scripts = [
  await bundle(
    { format: 'esm', plugins: [forInference, forReading, withoutGradients, withoutWords] },
    'web/engine',
  ),
  await bundle({ format: 'esm', plugins: [forInference, onDemand, withoutWords] }, 'web/weights'),
  await bundle({ format: 'esm', plugins: [onDemand] }, 'web/pictures'),
  await bundle({ format: 'esm', plugins: [forTraining, withoutWords] }, 'web/worker'),
  await training(),
  await bundle(
    { format: 'esm', plugins: [forAllInference, withoutGradients, withoutWords], entryNames },
    'web/engine',
  ),
  await bundle({ format: 'esm', plugins: [forAllTraining, withoutWords], entryNames }, 'web/training'),
  await bundle({ format: 'esm', plugins: [forAllTraining, withoutWords], entryNames }, 'web/worker'),
  await bundle({ format: 'esm', plugins: [forExplaining, withoutWords] }, 'web/explain'),
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
    files.set(path.slice(folder.length + 1), options.splitting === true ? text : await minified(text));
  }
  const imports = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  return { files, packages: packagesIn(metafile), imports };
}

/** The engine that trains: what every training needs, and the rest. */
async function training(): Promise<Bundle> {
  const options = { ...common, plugins: [forTraining, withoutWords] };
  const { first, more, metafile } = await split(options, 'src/web/training.ts');
  const files = new Map([
    ['training.js', await minified(first)],
    ['more.js', await minified(more)],
  ]);
  return { files, packages: packagesIn(metafile), imports: [] };
}

/** Of two programs that minify, the second makes it 5 % smaller; and once more a little. */
async function minified(text: string): Promise<string> {
  const { code: once = text } = await minify(text, minifying);
  const { code = once } = await minify(once, minifying);
  return code;
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

/** Whole, since another build may read or write the same file. */
async function replace(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}
