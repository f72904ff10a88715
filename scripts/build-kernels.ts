/**
 * Compiles the AssemblyScript kernels into `dist/kernels/`: one module with relaxed SIMD, for engines that have it, and
 * one without, and one for 256-bit vectors. Does nothing if all are newer than every source, since npm may ask for a build
 * several times in a row.
 */
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as definitions from '../src/backends/wasm/args/index.ts';
import { keepExports } from './keep-exports.ts';
import { writeKernelArgs } from './kernel-args.ts';
import { writeTwins } from './widen.ts';

interface Compiler {
  main(options: readonly string[], streams: { stderr: NodeJS.WriteStream }): Promise<{ error: Error | null }>;
}

// Not an import statement, because the compiler's typings declare AssemblyScript's globals, and its Array (whose `at` never
// gives undefined) would become the Array of the whole project.
const specifier = 'assemblyscript/asc' as string;
const { default: asc } = (await import(specifier)) as { default: Compiler };

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = 'src/backends/wasm/kernels';
const builds = [
  { file: 'dist/kernels/kernels-simd.wasm', entries: [], features: [], loadedByPages: true },
  {
    file: 'dist/kernels/kernels-relaxed.wasm',
    entries: [],
    features: ['--enable', 'relaxed-simd'],
    loadedByPages: true,
  },
  {
    file: 'dist/kernels/kernels-wide.wasm',
    entries: [`${sources}/wide.ts`, `${sources}/index-wide.ts`],
    features: ['--enable', 'relaxed-simd'],
    loadedByPages: false,
  },
];
/** What JavaScript calls: kernels, and the functions that take part in those of a native library. */
const called = new Set([...Object.values(definitions).map(({ kernel }) => kernel), 'finish', 'patches']);

process.chdir(root);
await writeKernelArgs(`${sources}/args.generated.ts`);
await writeTwins(sources);
const newest = await newestSource();
for (const { file, entries, features, loadedByPages } of builds) {
  if ((await modified(file)) > newest) continue;
  await mkdir('dist/kernels', { recursive: true });
  // Another build may read or write the same file: it is put in place whole.
  const unfinished = `${file}.${process.pid}.tmp`;
  const { error } = await asc.main(
    [
      ...entries,
      `${sources}/index.ts`,
      ...['--outFile', unfinished],
      ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert', '--runtime', 'stub'],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
      ...['--enable', 'simd', '--enable', 'threads', ...features],
    ],
    { stderr: process.stderr },
  );
  if (error) {
    console.error(`Kernels were not built: ${error.message}`);
    process.exit(1);
  }
  // Tiles are exported for the compiler alone (see index.ts of the kernels), and for V8 where it makes vectors of 256 bits.
  if (loadedByPages) await writeFile(unfinished, keepExports(await readFile(unfinished), called));
  await rename(unfinished, file);
  console.log(`${file}: ${(await stat(file)).size} bytes`);
}

async function newestSource(): Promise<number> {
  const files = (await readdir(sources)).map((name) => `${sources}/${name}`);
  const times = await Promise.all(
    [...files, 'scripts/build-kernels.ts', 'scripts/keep-exports.ts'].map(modified),
  );
  return Math.max(...times);
}

async function modified(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return 0;
  }
}
