/**
 * Compiles the AssemblyScript kernels into `dist/kernels/`: each set with relaxed SIMD, for engines that have it, and without. The small set
 * is for pages, and knows what ResNets and ResNeXts need; the full one has all, and exists for 256-bit vectors, too. Does nothing
 * about what is newer than every source, since npm may ask for a build several times in a row.
 */
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import * as definitions from '../src/backends/wasm/args/index.ts';
import type { Compilation } from './compile-kernels.ts';
import { keepExports } from './keep-exports.ts';
import { writeKernelArgs } from './kernel-args.ts';
import { writeTwins } from './widen.ts';

interface Build {
  readonly file: string;
  /** Compiled before and beside `index.ts`. */
  readonly entries: readonly string[];
  readonly relaxed: boolean;
  readonly wide: boolean;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = 'src/backends/wasm/kernels';
const lineage = [`${sources}/lineage.ts`, `${sources}/index-lineage.ts`];
const widest = [`${sources}/wide.ts`, `${sources}/index-wide.ts`];
/** The longest first, so that none is left to wait for at the end. */
const builds: readonly Build[] = [
  { file: 'kernels-full-wide', entries: [...lineage, ...widest], relaxed: true, wide: true },
  { file: 'kernels-full-relaxed', entries: lineage, relaxed: true, wide: false },
  { file: 'kernels-full-simd', entries: lineage, relaxed: false, wide: false },
  { file: 'kernels-relaxed', entries: [], relaxed: true, wide: false },
  { file: 'kernels-simd', entries: [], relaxed: false, wide: false },
];
/** What JavaScript calls: kernels, and the functions that take part in those of a native library. */
const called = new Set([...Object.values(definitions).map(({ kernel }) => kernel), 'finish', 'patches']);

process.chdir(root);
await writeKernelArgs(`${sources}/args.generated.ts`);
await writeTwins(sources);
await mkdir('dist/kernels', { recursive: true });
const newest = await newestSource();
const waiting = builds.values();
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    // All take from the same iterator.
    for (const build of waiting) await make(build);
  }),
);

async function make({ file: name, entries, relaxed, wide }: Build): Promise<void> {
  const file = `dist/kernels/${name}.wasm`;
  if ((await modified(file)) > newest) return;
  // Another build may read or write the same file: it is put in place whole.
  const unfinished = `${file}.${process.pid}.tmp`;
  const problem = await compile({
    file: unfinished,
    sources: [...entries, `${sources}/index.ts`],
    // Shrunk they are a thirtieth smaller, and as fast, since what is hot is whole loops that are not to be inlined anyway.
    options: ['--shrinkLevel', wide ? '0' : '1', ...(relaxed ? ['--enable', 'relaxed-simd'] : [])],
  });
  if (problem !== '') {
    console.error(`Kernels were not built: ${problem}`);
    process.exit(1);
  }
  // Tiles are exported for the compiler alone (see index.ts of the kernels), and for V8 where it makes vectors of 256 bits.
  if (!wide) await writeFile(unfinished, keepExports(await readFile(unfinished), called));
  await rename(unfinished, file);
  console.log(`${file}: ${(await stat(file)).size} bytes`);
}

/** What went wrong, in words; empty if nothing did. */
function compile(workerData: Compilation): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('compile-kernels.ts', import.meta.url), { workerData });
    worker.once('message', resolve).once('error', reject);
  });
}

async function newestSource(): Promise<number> {
  const files = (await readdir(sources)).map((name) => `${sources}/${name}`);
  const scripts = ['build-kernels', 'compile-kernels', 'keep-exports'].map((name) => `scripts/${name}.ts`);
  return Math.max(...(await Promise.all([...files, ...scripts].map(modified))));
}

async function modified(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return 0;
  }
}
