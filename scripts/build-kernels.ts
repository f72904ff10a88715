/**
 * Compiles the AssemblyScript kernels into `dist/kernels/`: one module with relaxed SIMD, for engines that have it, and
 * one without. Does nothing if both are newer than every source, since npm may ask for a build several times in a row.
 */
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { widen } from './widen.ts';

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
  { file: 'dist/kernels/kernels-simd.wasm', entries: [], features: [] },
  { file: 'dist/kernels/kernels-relaxed.wasm', entries: [], features: ['--enable', 'relaxed-simd'] },
  {
    file: 'dist/kernels/kernels-wide.wasm',
    entries: [`${sources}/wide.ts`, `${sources}/index-wide.ts`],
    features: ['--enable', 'relaxed-simd'],
  },
];

process.chdir(root);
const newest = await newestSource();
const stale = [];
for (const build of builds) if ((await modified(build.file)) <= newest) stale.push(build);
if (stale.length > 0) await makeTwins();
for (const { file, entries, features } of stale) {
  await mkdir('dist/kernels', { recursive: true });
  await replaceFile(file, async (unfinished) => {
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
  });
  console.log(`${file}: ${(await stat(file)).size} bytes`);
}

/** Writes what `widen` makes of the sources' tiles, one file for each source that has some. */
async function makeTwins(): Promise<void> {
  await mkdir(`${sources}/generated`, { recursive: true });
  for (const name of (await readdir(sources)).filter((one) => one.endsWith('.ts'))) {
    const source = await readFile(`${sources}/${name}`, 'utf8');
    if (!source.includes('@widen\n')) continue;
    const base = name.slice(0, -'.ts'.length);
    await replaceFile(`${sources}/generated/${base}-wide.ts`, (unfinished) =>
      writeFile(unfinished, widen(source, base)),
    );
  }
}

/** Another build may read or write the same file: it is put in place whole. */
async function replaceFile(file: string, write: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${file}.${process.pid}.tmp`;
  await write(unfinished);
  await rename(unfinished, file);
}

async function newestSource(): Promise<number> {
  const files = (await readdir(sources))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${sources}/${name}`);
  const scripts = ['scripts/build-kernels.ts', 'scripts/widen.ts'];
  const times = await Promise.all([...files, ...scripts].map(modified));
  return Math.max(...times);
}

async function modified(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return 0;
  }
}
