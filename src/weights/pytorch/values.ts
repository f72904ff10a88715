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
  | PyName
  | PyObject
  | NumpyType
  | StorageRef
  | TensorRef
  | UnreadableTensor;

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

/** A function, class or constant of Python: its full name, never the thing. */
export class PyName {
  readonly kind = 'name';
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * What stands in the place of an object of any class: the name of what makes it, and the plain data that it would be made
 * of. Nothing is run.
 */
export class PyObject {
  readonly kind = 'object';
  /** Full name of the class, or of the function that makes one. */
  readonly type: string;
  readonly parameters: readonly Value[];
  /** What `__setstate__` or `__dict__` would get. */
  state: Value = null;
  /** What it has as a list or a set, if its class is one. */
  readonly items: Value[] = [];
  /** What it has as a dictionary, if its class is one. */
  readonly entries = new Map<Value, Value>();
  constructor(type: string, parameters: readonly Value[]) {
    this.type = type;
    this.parameters = parameters;
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

/** What a storage is made of. */
export interface StorageType {
  /** `F32` or another type that can be read, or what messages call it. */
  readonly name: string;
  /** The same, if it can be read. */
  readonly dtype: Dtype | undefined;
  /** Of an element. */
  readonly bytes: number;
}

/** A storage: numbers that lie elsewhere in the file, under a key. */
export class StorageRef {
  readonly kind = 'storage';
  readonly key: string;
  readonly type: StorageType;
  /** Elements of the whole storage. */
  readonly elements: number;
  /** The part meant, in elements: old files have views of storages. */
  readonly begin: number;
  readonly length: number;
  constructor(key: string, type: StorageType, elements: number, view = { begin: 0, length: elements }) {
    this.key = key;
    this.type = type;
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

/** A tensor whose numbers cannot be read: complex, quantised, sparse, of 8-bit floats. */
export class UnreadableTensor {
  readonly kind = 'unreadable tensor';
  readonly type: string;
  readonly shape: readonly number[] | undefined;
  constructor(type: string, shape: readonly number[] | undefined) {
    this.type = type;
    this.shape = shape;
  }
}
