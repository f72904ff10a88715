import { CardinalError } from '../../base/errors.ts';
import { elementBytes, type Dtype } from '../dtypes.ts';
import { quoted } from '../../base/quoted.ts';
import { asCount, asCounts, asText } from './arguments.ts';
import {
  PyName,
  PyObject,
  PyTuple,
  StorageRef,
  TensorRef,
  UnreadableTensor,
  type StorageType,
  type Value,
} from './values.ts';

/** Storage classes, by what stands before `Storage` in their names. */
const storageDtypes: Readonly<Record<string, Dtype>> = {
  Double: 'F64',
  Float: 'F32',
  Half: 'F16',
  BFloat16: 'BF16',
  Long: 'I64',
  Int: 'I32',
  Short: 'I16',
  Char: 'I8',
  Byte: 'U8',
  Bool: 'BOOL',
  // Without a type: bytes, which `_rebuild_tensor_v3` gives one.
  Untyped: 'U8',
  _Untyped: 'U8',
};

/** Storages whose numbers cannot be read, by what stands before `Storage`: what they are called here, bytes of an element. */
const unreadableStorages: Readonly<Record<string, readonly [name: string, bytes: number]>> = {
  ComplexHalf: ['C32', 4],
  ComplexFloat: ['C64', 8],
  ComplexDouble: ['C128', 16],
  QInt8: ['qint8', 1],
  QUInt8: ['quint8', 1],
  QInt32: ['qint32', 4],
  QUInt4x2: ['quint4x2', 1],
  QUInt2x4: ['quint2x4', 1],
};

/** By the names that `_rebuild_tensor_v3` uses. */
const tensorDtypes: Readonly<Record<string, Dtype>> = {
  'torch.float64': 'F64',
  'torch.float32': 'F32',
  'torch.float16': 'F16',
  'torch.bfloat16': 'BF16',
  'torch.int64': 'I64',
  'torch.int32': 'I32',
  'torch.uint32': 'U32',
  'torch.int16': 'I16',
  'torch.uint16': 'U16',
  'torch.int8': 'I8',
  'torch.uint8': 'U8',
  'torch.bool': 'BOOL',
};

/** `torch.FloatStorage` and its relatives; a GPU's are in a file as the CPU's are. Undefined for what is no storage. */
function storageType(name: string): StorageType | undefined {
  const kind = /^torch\.(?:cuda\.|storage\.)?(\w+)Storage$/.exec(name)?.[1] ?? '';
  if (Object.hasOwn(storageDtypes, kind)) {
    const dtype = storageDtypes[kind];
    return { name: dtype, dtype, bytes: elementBytes(dtype) };
  }
  if (!Object.hasOwn(unreadableStorages, kind)) return undefined;
  const [called, bytes] = unreadableStorages[kind];
  return { name: called, dtype: undefined, bytes };
}

/**
 * The storage that a persistent id of `torch.save` stands for: ('storage', class, key, device, elements), and in old files
 * at last (key, begin, elements) of a part of it, or None.
 */
export function storageOf(id: Value, source: string): StorageRef {
  const [tag, named, key, , count, view] = id instanceof PyTuple ? id.items : [];
  const type = named instanceof PyName ? storageType(named.name) : undefined;
  if (asText(tag) !== 'storage' || type === undefined) {
    const what = asText(tag) === 'storage' && named instanceof PyName ? named.name : asText(tag);
    throw new CardinalError(
      `${source}: the pickle refers to ${quoted(what)} outside of it, expected a storage with a class of torch's: save model.state_dict() with torch.save`,
    );
  }
  const name = typeof key === 'number' || typeof key === 'bigint' ? String(key) : asText(key);
  const elements = asCount(count, 'the size of a storage', source);
  if (!(view instanceof PyTuple)) return new StorageRef(name, type, elements);
  const begin = asCount(view.items[1], 'the begin of a view of a storage', source);
  const length = asCount(view.items[2], 'the size of a view of a storage', source);
  if (begin + length > elements) {
    throw new CardinalError(
      `${source}: the pickle is damaged: a view of elements ${begin} to ${begin + length} of a storage that has ${elements}`,
    );
  }
  return new StorageRef(name, type, elements, { begin, length });
}

type Rebuilder = (parameters: readonly Value[], source: string) => Value;

/** The functions by which PyTorch puts tensors together (`torch/_utils.py`). */
export const rebuilders: ReadonlyMap<string, Rebuilder> = new Map<string, Rebuilder>([
  // (storage, offset, size, stride[, requires_grad, hooks[, metadata]])
  ['torch._utils._rebuild_tensor', (parameters, source) => tensor(parameters, source)],
  ['torch._utils._rebuild_tensor_v2', (parameters, source) => tensor(parameters, source)],
  // (storage, offset, size, stride, requires_grad, hooks, dtype[, metadata])
  ['torch._utils._rebuild_tensor_v3', tensorOfType],
  // (storage, offset, size, stride, quantiser, …)
  [
    'torch._utils._rebuild_qtensor',
    ([storage, , size]) => unreadable(storageName(storage, 'quantised'), size),
  ],
  // (layout, (indices, values, size, …))
  ['torch._utils._rebuild_sparse_tensor', ([, data]) => unreadable('sparse', itemsOf(data)[2])],
  ['torch._utils._rebuild_sparse_csr_tensor', ([, data]) => unreadable('sparse', itemsOf(data)[3])],
  ['torch._utils._rebuild_nested_tensor', () => unreadable('nested', null)],
  // (type, size, …)
  ['torch._utils._rebuild_meta_tensor_no_storage', ([, size]) => unreadable('meta', size)],
  ['torch._utils._rebuild_wrapper_subclass', ([, , size]) => unreadable('tensor subclass', size)],
  ['torch._utils._rebuild_device_tensor_from_numpy', () => unreadable('numpy data of a device', null)],
  // (data, requires_grad, hooks[, state])
  ['torch._utils._rebuild_parameter', ([data], source) => requireTensor(data, source)],
  ['torch._utils._rebuild_parameter_with_state', ([data], source) => requireTensor(data, source)],
  ['torch.nn.parameter.Parameter', ([data], source) => requireTensor(data, source)],
  // (function, class, arguments, attributes)
  ['torch._tensor._rebuild_from_type_v2', fromType],
]);

function tensor([storage, offset, size, stride]: readonly Value[], source: string, dtype?: Dtype): Value {
  if (!(storage instanceof StorageRef)) {
    throw new CardinalError(`${source}: the pickle is damaged: a tensor without a storage`);
  }
  const shape = asCounts(size, 'the shape of a tensor', source);
  const strides = asCounts(stride, 'the strides of a tensor', source);
  if (shape.length !== strides.length) {
    throw new CardinalError(
      `${source}: the pickle is damaged: a tensor of ${shape.length} dimensions has ${strides.length} strides`,
    );
  }
  const type = dtype ?? storage.type.dtype;
  if (type === undefined) return new UnreadableTensor(storage.type.name, shape);
  return new TensorRef(storage, type, asCount(offset, 'the offset of a tensor', source), shape, strides);
}

function tensorOfType(parameters: readonly Value[], source: string): Value {
  const type = parameters[6];
  const name = type instanceof PyName ? type.name : '';
  if (Object.hasOwn(tensorDtypes, name)) return tensor(parameters, source, tensorDtypes[name]);
  return unreadable(name.replace(/^torch\./, ''), parameters[2]);
}

function fromType([rebuild, type, parameters]: readonly Value[], source: string): Value {
  const rebuilder = rebuild instanceof PyName ? rebuilders.get(rebuild.name) : undefined;
  // Never itself again, so that it ends.
  if (rebuilder === undefined || rebuilder === fromType || !(parameters instanceof PyTuple)) {
    const name = [type, rebuild].find((value) => value instanceof PyName)?.name;
    if (name !== undefined) return new PyObject(name, []);
    throw new CardinalError(
      `${source}: the pickle is damaged: a tensor is made by no function that makes one`,
    );
  }
  return rebuilder(parameters.items, source);
}

/** What a parameter is of: a tensor, or what stands for one that another program defines. */
function requireTensor(data: Value | undefined, source: string): Value {
  if (data instanceof TensorRef || data instanceof UnreadableTensor || data instanceof PyObject) return data;
  throw new CardinalError(`${source}: the pickle is damaged: a parameter without a tensor`);
}

/** A tensor that cannot be read; its shape is only for people, and may be missing. */
function unreadable(type: string, size: Value | undefined): UnreadableTensor {
  const shape = itemsOf(size).filter((length) => typeof length === 'number');
  return new UnreadableTensor(type, size instanceof PyTuple ? shape : undefined);
}

function storageName(storage: Value | undefined, otherwise: string): string {
  return storage instanceof StorageRef ? storage.type.name : otherwise;
}

function itemsOf(value: Value | undefined): readonly Value[] {
  return value instanceof PyTuple ? value.items : [];
}
