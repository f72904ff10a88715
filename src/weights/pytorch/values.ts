import type { Dtype } from '../dtypes.ts';

/**
 * What a pickle can say, as plain data. Python's `None` is null; integers are numbers where they are exact and bigints
 * otherwise. Containers are objects of their own, because pickles share them and may put one into itself; `kind` keeps
 * types apart that have the same fields.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyList
  | PyTuple
  | PyDict
  | PySet
  | Known
  | NumpyType
  | StorageRef
  | TensorRef;

export class PyList {
  readonly kind = 'list';
  readonly items: Value[];
  constructor(items: Value[] = []) {
    this.items = items;
  }
}

export class PyTuple {
  readonly kind = 'tuple';
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** Any of Python's dictionaries, in their order. Keys that are containers count as different, even if they are equal. */
export class PyDict {
  readonly kind = 'dictionary';
  readonly entries = new Map<Value, Value>();
}

/** `argparse.Namespace`: what training programs were called with. */
export class PyNamespace extends PyDict {}

export class PySet {
  readonly kind = 'set';
  readonly items: Value[];
  constructor(items: Value[] = []) {
    this.items = items;
  }
}

/** A function, class or constant of Python that may be mentioned: its full name, never the thing. */
export class Known {
  readonly kind = 'known';
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A `numpy.dtype`, which numpy's scalars carry. */
export class NumpyType {
  readonly kind = 'numpy type';
  /** Kind and bytes: `f8`. */
  readonly code: string;
  bigEndian = false;
  constructor(code: string) {
    this.code = code;
  }
}

/** A storage: numbers that lie elsewhere in the file, under a key. */
export class StorageRef {
  readonly kind = 'storage';
  readonly key: string;
  readonly dtype: Dtype;
  /** Elements of the whole storage. */
  readonly elements: number;
  /** The part meant, in elements: old files have views of storages. */
  readonly begin: number;
  readonly length: number;
  constructor(key: string, dtype: Dtype, elements: number, view = { begin: 0, length: elements }) {
    this.key = key;
    this.dtype = dtype;
    this.elements = elements;
    this.begin = view.begin;
    this.length = view.length;
  }
}

/** A tensor: a view of a storage, offset and strides in elements. Not checked against the storage yet. */
export class TensorRef {
  readonly kind = 'tensor';
  readonly storage: StorageRef;
  readonly dtype: Dtype;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(
    storage: StorageRef,
    dtype: Dtype,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}
