/** The AssemblyScript compiler, in a thread of its own: compiles what its `workerData` says, and reports what came of it. */
import { parentPort, workerData } from 'node:worker_threads';

/** What a build is compiled of, and where to. */
export interface Compilation {
  readonly file: string;
  readonly sources: readonly string[];
  readonly options: readonly string[];
}

interface Compiler {
  main(options: readonly string[], streams: { stderr: NodeJS.WriteStream }): Promise<{ error: Error | null }>;
}

// Not an import statement, because the compiler's typings declare AssemblyScript's globals, and its Array (whose `at` never
// gives undefined) would become the Array of the whole project.
const specifier = 'assemblyscript/asc' as string;
const { default: asc } = (await import(specifier)) as { default: Compiler };

const { file, sources, options } = workerData as Compilation;
const { error } = await asc.main(
  [
    ...sources,
    ...['--outFile', file, ...options],
    ...['--optimizeLevel', '3', '--converge', '--noAssert', '--runtime', 'stub'],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
    ...['--enable', 'simd', '--enable', 'threads'],
  ],
  { stderr: process.stderr },
);
parentPort?.postMessage(error?.message ?? '');
