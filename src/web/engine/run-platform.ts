import { UsageError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import type { BackendEntry, EngineChoice } from '../../run/backends.ts';
import type { FileSystem } from '../../run/folder/file-system.ts';
import type { FolderPlatform, RunningHash } from '../../run/folder/platform.ts';
import type { BeginningWeights, OpenBackend, RunPlatform } from '../../run/platform.ts';
import type { ByteSource } from '../../weights/byte-source.ts';
import type { VerifyOptions } from '../../weights/digest.ts';
import type { Scripts } from '../scripts.ts';
import { openFolderPlatform } from '../store/folder-platform.ts';
import { gunzip } from '../store/gunzip.ts';
import { pack } from '../store/pack.ts';
import { isOpfsPath, opfsPaths } from '../store/paths.ts';
import { createEngineBackend, room } from './backend.ts';
import { webLoaders } from '../data/loader.ts';
import type { Engine } from './context.ts';
import { located, type SentWeights } from './weights.ts';
import { weightsScript } from './weights-script.ts';

/** What a run has of its page, beside what all engines have. */
export interface RunOfPage {
  readonly engine: Engine;
  /** Where the run is kept, if it is. */
  readonly out: string | undefined;
  readonly weights: SentWeights | undefined;
  readonly signal: AbortSignal;
}

/** What trains networks in a page's engine. Throws a `CardinalError` if runs are to be kept where they cannot. */
export async function runPlatform({ engine, out, weights, signal }: RunOfPage): Promise<RunPlatform> {
  const folders = out === undefined ? nowhere : await openFolderPlatform();
  return {
    ...folders,
    paths: {
      ...folders.paths,
      // What pictures and weights are called is no place in the private file system, unless it says so.
      resolve: (path) => (isOpfsPath(path) ? opfsPaths.resolve(path) : path),
    },
    pictures: engine.pictures,
    pack,
    gunzip,
    newSha256: runningSha256,
    loaders: webLoaders(engine.scripts),
    backends: { wasm },
    openBackend: (choice) => backendFor(choice, engine),
    largestProgram,
    // Whoever decodes gives the bytes that Node's decoder gives, or says that it cannot.
    decoder: () => undefined,
    openData: (path) => {
      throw new UsageError(`trainOn: a page has no folder ${path}: give what openPictures gives`);
    },
    withWeights: async (name, work, options) =>
      work(await beginningWith(weights ?? { kind: 'name', name }, options, signal, engine.scripts)),
  };
}

const wasm: BackendEntry = {
  about: 'WebAssembly in a worker',
  options: ['threads', 'kernels'],
  create: () => Promise.reject(new Error('the engine of the page is created by the page')),
  optionsOf: ({ multiplyAdd }) => (multiplyAdd === 'separate' ? { kernels: 'simd' } : {}),
};

/** The engine's own backend, unless a run is to go on with other kernels than it has. */
async function backendFor({ kernels }: EngineChoice, engine: Engine): Promise<OpenBackend> {
  const { facts, scripts } = engine;
  if (kernels === undefined || kernels === 'wide' || kernels === facts.kernels) {
    return { backend: engine.backend, end: () => Promise.resolve() };
  }
  const { backend } = await createEngineBackend({ threads: facts.threads, kernels }, scripts);
  return { backend, end: () => backend.dispose() };
}

/** All that a program can address, unless the device is small. */
function largestProgram(): number {
  return room()?.program ?? 2 ** 32;
}

function noFiles(): FileSystem {
  const refuse = (): Promise<never> => Promise.reject(new Error('a run without a folder has no files'));
  return {
    ...{ open: refuse, readFile: refuse, rename: refuse, unlink: refuse, mkdir: refuse },
    ...{ rmdir: refuse, readdir: refuse, stat: refuse, syncFolder: refuse },
  };
}

/** Where a run is that is not kept: nothing is asked of it. */
const nowhere: FolderPlatform = {
  files: noFiles(),
  paths: opfsPaths,
  removeAtExit: () => () => undefined,
  lockFolder: () => Promise.reject(new Error('a run without a folder has no lock')),
  gunzip,
};

async function beginningWith(
  sent: SentWeights,
  options: VerifyOptions,
  signal: AbortSignal,
  scripts: Scripts,
): Promise<BeginningWeights> {
  const { source, known } = await located(sent, { signal }, scripts);
  const { openWeightsFrom } = await weightsScript(scripts.weights);
  const opened = await openWeightsFrom(source, known, options);
  // Its name alone finds it again; bytes nobody finds.
  return { ...opened, path: undefined, digest: () => digestOf(source) };
}

/** Only what is read again is hashed piece by piece. */
async function runningSha256(): Promise<RunningHash> {
  const { RunningSha256 } = await import('../running-sha256.ts');
  return new RunningSha256();
}

async function digestOf(source: ByteSource): Promise<string> {
  const hash = await runningSha256();
  for (let at = 0; at < source.size; at += digestPart) {
    hash.update(await source.read(at, Math.min(digestPart, source.size - at)));
    await nextTask();
  }
  return hash.digest();
}

/** Bytes that are hashed at once. */
const digestPart = 2 ** 22;
