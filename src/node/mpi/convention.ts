import type { NativeLibrary } from '../koffi.ts';

/** A handle of MPI: an integer, or the address of what it stands for. */
type Handle = number | bigint;

/** What differs between libraries that do the same: how handles are passed, and the values of `mpi.h`. */
export interface Convention {
  readonly name: 'MPICH' | 'Open MPI' | 'MPI 5 ABI';
  /** The type of a handle, as koffi writes it. */
  readonly handle: 'int' | 'void *';
  /** MPI_COMM_WORLD. */
  readonly world: Handle;
  /** MPI_FLOAT. */
  readonly float: Handle;
  /** MPI_BYTE. */
  readonly byte: Handle;
  /** MPI_SUM. */
  readonly sum: Handle;
  /** MPI_ERRORS_RETURN. */
  readonly errorsReturn: Handle;
  /** MPI_IN_PLACE. */
  readonly inPlace: bigint;
  /** MPI_STATUS_IGNORE. */
  readonly statusIgnore: bigint;
  /** MPI_ANY_SOURCE. */
  readonly anySource: number;
  /** MPI_THREAD_SERIALIZED. */
  readonly serialized: number;
}

/** The `mpi.h` of MPICH, and by its ABI Initiative that of Intel MPI, MVAPICH and Cray MPICH. */
const mpich: Convention = {
  name: 'MPICH',
  handle: 'int',
  world: 0x44000000,
  float: 0x4c00040a,
  byte: 0x4c00010d,
  sum: 0x58000003,
  errorsReturn: 0x54000001,
  inPlace: 0xffffffffffffffffn,
  statusIgnore: 1n,
  anySource: -2,
  serialized: 2,
};

/** The standard's own, MPI 5.0, chapter 20; values as in the MPI Forum's `mpi-abi-stubs`. */
const standard: Convention = {
  name: 'MPI 5 ABI',
  handle: 'void *',
  world: 0x101n,
  float: 0x210n,
  byte: 0x247n,
  sum: 0x21n,
  errorsReturn: 0x143n,
  inPlace: 1n,
  statusIgnore: 0n,
  anySource: -1,
  serialized: 2048,
};

/** Open MPI's handles are addresses of its variables. */
function openMpi(library: NativeLibrary): Convention {
  return {
    name: 'Open MPI',
    handle: 'void *',
    world: library.symbol('ompi_mpi_comm_world'),
    float: library.symbol('ompi_mpi_float'),
    byte: library.symbol('ompi_mpi_byte'),
    sum: library.symbol('ompi_mpi_op_sum'),
    errorsReturn: library.symbol('ompi_mpi_errors_return'),
    inPlace: 1n,
    statusIgnore: 0n,
    anySource: -1,
    serialized: 2,
  };
}

/** What a library itself says of its convention. `abi` is what its `MPI_Abi_get_version` gave: −1 in one that has another. */
export function conventionOf(library: NativeLibrary, abi: number): Convention {
  if (abi >= 1) return standard;
  try {
    return openMpi(library);
  } catch {
    return mpich;
  }
}
