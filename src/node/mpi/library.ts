import { CardinalError, messageOf } from '../../base/errors.ts';
import { loadKoffi, type Koffi, type NativeFunction, type NativeLibrary } from '../koffi.ts';
import { conventionOf, type Convention } from './convention.ts';
import type { Launch } from './launch.ts';

/** A library of MPI, loaded. Nothing is initialised yet. */
export interface MpiLibrary {
  readonly koffi: Koffi;
  readonly native: NativeLibrary;
  readonly convention: Convention;
  /** As the loader found it. */
  readonly path: string;
  /** Name and version, as the library gives them: `MPICH 4.0.2`. */
  readonly version: string;
}

/**
 * Names under which loaders find them, by family. All that keep to MPICH's ABI have the second one of its names; the standard ABI's
 * comes last, because its library works with any launcher and is not known to belong to this one.
 */
const names = {
  linux: {
    MPICH: ['libmpich.so.12', 'libmpi.so.12', 'libmpi_abi.so.0'],
    'Open MPI': ['libmpi.so.40', 'libmpi_abi.so.0'],
  },
  darwin: {
    MPICH: ['/opt/homebrew/opt/mpich/lib/libmpi.12.dylib', '/usr/local/opt/mpich/lib/libmpi.12.dylib'],
    'Open MPI': [
      '/opt/homebrew/opt/open-mpi/lib/libmpi.40.dylib',
      '/usr/local/opt/open-mpi/lib/libmpi.40.dylib',
    ],
  },
};

/** The names to try for a launcher, best first; all for none. */
function candidates(family: Launch['family']): readonly string[] {
  const platform = process.platform;
  if (platform !== 'linux' && platform !== 'darwin') return [];
  const { MPICH: mpich, 'Open MPI': openMpi } = names[platform];
  if (family === 'any') return [...new Set([...openMpi, ...mpich])];
  return family === 'MPICH' ? mpich : openMpi;
}

/** What `CARDINAL_MPI` says: `off`, or a library's path or name. Undefined if it says nothing. */
export function wantedMpi(): string | undefined {
  const wanted = process.env['CARDINAL_MPI'];
  return wanted === '' ? undefined : wanted;
}

/**
 * The library for ranks that were started so: the one that `CARDINAL_MPI` names, else the first that fits the launcher. Throws a
 * `CardinalError` if there is none or the one that is named cannot be used.
 */
export async function libraryFor(launch: Launch, wanted = wantedMpi()): Promise<MpiLibrary> {
  const koffi = await loadKoffi().catch((error: unknown) => {
    throw new CardinalError(
      `${launch.by} started this process, but koffi, which calls MPI, is not installed: npm install koffi`,
      { cause: error },
    );
  });
  if (wanted !== undefined) {
    const library = openNamed(koffi, wanted);
    requireFitting(library, launch);
    return library;
  }
  const tried = candidates(launch.family);
  for (const path of tried) {
    try {
      const library = openLibrary(koffi, path);
      requireFitting(library, launch);
      return library;
    } catch {
      // The next may do.
    }
  }
  throw new CardinalError(
    `${launch.by} started this process, but no library of it was found (tried ${tried.join(', ')}); install it, or name it with CARDINAL_MPI`,
  );
}

/** Every library on this machine, without those that only another name leads to. Throws if the one that `CARDINAL_MPI` names is none. */
export async function installedLibraries(wanted = wantedMpi()): Promise<readonly MpiLibrary[]> {
  if (wanted === 'off') return [];
  let koffi: Koffi;
  try {
    koffi = await loadKoffi();
  } catch {
    return [];
  }
  if (wanted !== undefined) return [openNamed(koffi, wanted, false)];
  const found = new Map<string, MpiLibrary>();
  for (const path of candidates('any')) {
    try {
      const library = openLibrary(koffi, path, false);
      const key = `${library.version} ${library.convention.name}`;
      if (!found.has(key)) found.set(key, library);
    } catch {
      // It is not installed.
    }
  }
  return [...found.values()];
}

function openNamed(koffi: Koffi, path: string, global?: boolean): MpiLibrary {
  try {
    return openLibrary(koffi, path, global);
  } catch (error) {
    throw new CardinalError(
      `CARDINAL_MPI: cannot use ${path}: ${messageOf(error).split('\n')[0]}; name a library of MPI, or off for none`,
      { cause: error },
    );
  }
}

/** `global`: Open MPI's plugins look for the library's symbols. Two libraries at once must not be, for both define the same ones. */
function openLibrary(koffi: Koffi, path: string, global = true): MpiLibrary {
  const native = koffi.load(path, { global });
  const numbers = new Int32Array(new SharedArrayBuffer(8));
  let getVersion: NativeFunction;
  try {
    getVersion = native.func('int MPI_Get_library_version(void *, void *)');
  } catch {
    throw new Error('it is no library of MPI 3 or newer, for it has no MPI_Get_library_version');
  }
  const text = new Uint8Array(new SharedArrayBuffer(longestVersion));
  getVersion(koffi.address(text), koffi.address(numbers));
  const version = versionOf(Buffer.from(text.slice(0, numbers[0])).toString('latin1'));
  return { koffi, native, convention: conventionOf(native, abiOf(koffi, native, numbers)), path, version };
}

/** MPICH's MPI_MAX_LIBRARY_VERSION_STRING, the largest. */
const longestVersion = 8192;

function abiOf(koffi: Koffi, native: NativeLibrary, numbers: Int32Array): number {
  let getVersion: NativeFunction;
  try {
    getVersion = native.func('int MPI_Abi_get_version(void *, void *)');
  } catch {
    return -1;
  }
  const at = BigInt(koffi.address(numbers));
  return getVersion(at, at + 4n) === 0 ? numbers[0] : -1;
}

/** `MPICH Version:      4.0.2⏎…`, `Open MPI v4.1.4, package: …`, `Intel(R) MPI Library 2021.9 for Linux* OS`. */
export function versionOf(text: string): string {
  const known = /^(MPICH|MVAPICH\S*) Version\s*:\s*(\S+)/.exec(text) ?? /^(Open MPI) v([^,\s]+)/.exec(text);
  if (known !== null) return `${known[1]} ${known[2]}`;
  return text
    .split(/[\n\0]/)[0]
    .trim()
    .slice(0, 80);
}

/** A library of another family than the launcher's sees one rank alone, each the first of one. */
function requireFitting({ convention, path, version }: MpiLibrary, { by, family }: Launch): void {
  if (family === 'any' || convention.name === 'MPI 5 ABI' || convention.name === family) return;
  throw new CardinalError(
    `${by} started this process, expected a library of ${family}, got ${version} (${path}); name another with CARDINAL_MPI, or start the ranks with the mpirun that belongs to it`,
  );
}
