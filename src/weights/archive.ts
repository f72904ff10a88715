import type { StateDict } from '../base/tensor-data.ts';
import { checkEntries } from './arguments.ts';
import { decodeTensor, type Dtype, type RawTensor } from './dtypes.ts';

/** A file of tensors, opened: names, types and shapes are known, numbers are read on demand. */
export interface TensorArchive {
  readonly format: 'safetensors' | 'pytorch' | 'pytorch-legacy' | 'torchscript';
  /** What messages call the file. */
  readonly source: string;
  /** By name, in the file's order; names of nested dictionaries are joined by dots (`state_dict.conv1.weight`). */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Tensors whose numbers cannot be read (complex, quantised, sparse, of 8 bits): named, and left out. */
  readonly unreadable: ReadonlyMap<string, Unreadable>;
  /** Python's objects beside or around the tensors, by name, as people see them: `datetime.date`. None is ever made. */
  readonly objects: ReadonlyMap<string, string>;
  /** Whatever else the file has, by name: text and numbers as text (`epoch` → `90`). */
  readonly metadata: ReadonlyMap<string, string>;
  /** What each tensor is held against when it is read; undefined if the file has nothing of the kind, or is not to be verified. */
  readonly checksum: 'SHA-256' | 'CRC-32' | undefined;
}

/** A tensor of a type that is not in `Dtype`. */
export interface Unreadable {
  /** As its format calls it: `F8_E4M3`, `C64`, `qint8`, `sparse`. */
  readonly type: string;
  /** Undefined if the file does not have it. */
  readonly shape: readonly number[] | undefined;
}

export interface TensorEntry {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** The elements as the file has them: contiguous, in PyTorch's order, little-endian; to be read, not changed. */
  read(): Promise<RawTensor>;
}

/** The numbers of tensors, read one after the other: floats as F32, integers as I64. */
export async function readTensors(tensors: ReadonlyMap<string, TensorEntry>): Promise<StateDict> {
  checkEntries('readTensors', tensors);
  const state: StateDict = new Map();
  for (const [name, entry] of tensors) state.set(name, decodeTensor(await entry.read()));
  return state;
}
