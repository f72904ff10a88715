import { CardinalError } from '../../base/errors.ts';
import type { Dtype } from '../dtypes.ts';
import { quoted } from '../../base/quoted.ts';
import { asCount, asCounts, asText } from './arguments.ts';
import { Known, PyTuple, StorageRef, TensorRef, type Value } from './values.ts';

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

/** `torch.FloatStorage` and its relatives; a GPU's are in a file as the CPU's are. */
export function storageDtype(name: string): Dtype | undefined {
  const kind = /^torch\.(?:cuda\.|storage\.)?(\w+)Storage$/.exec(name)?.[1] ?? '';
  return Object.hasOwn(storageDtypes, kind) ? storageDtypes[kind] : undefined;
}

/**
 * The storage that a persistent id of `torch.save` stands for: ('storage', class, key, device, elements), and in old files
 * at last (key, begin, elements) of a part of it, or None.
 */
export function storageOf(id: Value, source: string): StorageRef {
  const [tag, type, key, , count, view] = id instanceof PyTuple ? id.items : [];
  const dtype = type instanceof Known ? storageDtype(type.name) : undefined;
  if (asText(tag) !== 'storage' || dtype === undefined) {
    throw new CardinalError(
      `${source}: the pickle refers to ${quoted(asText(tag))} outside of it, expected a storage with a class of torch's: save model.state_dict() with torch.save`,
    );
  }
  const name = typeof key === 'number' || typeof key === 'bigint' ? String(key) : asText(key);
  const elements = asCount(count, 'the size of a storage', source);
  if (!(view instanceof PyTuple)) return new StorageRef(name, dtype, elements);
  const begin = asCount(view.items[1], 'the begin of a view of a storage', source);
  const length = asCount(view.items[2], 'the size of a view of a storage', source);
  if (begin + length > elements) {
    throw new CardinalError(
      `${source}: the pickle is damaged: a view of elements ${begin} to ${begin + length} of a storage that has ${elements}`,
    );
  }
  return new StorageRef(name, dtype, elements, { begin, length });
}

type Rebuilder = (parameters: readonly Value[], source: string) => Value;

/** The functions by which PyTorch puts tensors together (`torch/_utils.py`). */
export const rebuilders: ReadonlyMap<string, Rebuilder> = new Map<string, Rebuilder>([
  // (storage, offset, size, stride[, requires_grad, hooks[, metadata]])
  ['torch._utils._rebuild_tensor', (parameters, source) => tensor(parameters, source)],
  ['torch._utils._rebuild_tensor_v2', (parameters, source) => tensor(parameters, source)],
  // (storage, offset, size, stride, requires_grad, hooks, dtype[, metadata])
  ['torch._utils._rebuild_tensor_v3', tensorOfType],
  // (data, requires_grad, hooks[, state])
  ['torch._utils._rebuild_parameter', ([data], source) => requireTensor(data, source)],
  ['torch._utils._rebuild_parameter_with_state', ([data], source) => requireTensor(data, source)],
  ['torch.nn.parameter.Parameter', ([data], source) => requireTensor(data, source)],
  // (function, class, arguments, attributes)
  ['torch._tensor._rebuild_from_type_v2', fromType],
]);

function tensor([storage, offset, size, stride]: readonly Value[], source: string, dtype?: Dtype): TensorRef {
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
  return new TensorRef(
    storage,
    dtype ?? storage.dtype,
    asCount(offset, 'the offset of a tensor', source),
    shape,
    strides,
  );
}

function tensorOfType(parameters: readonly Value[], source: string): TensorRef {
  const type = parameters[6];
  const name = type instanceof Known ? type.name : '';
  if (!Object.hasOwn(tensorDtypes, name)) {
    throw new CardinalError(
      `${source}: holds a tensor of type ${quoted(name)}; readable are ${Object.keys(tensorDtypes).join(', ')}: convert it first`,
    );
  }
  return tensor(parameters, source, tensorDtypes[name]);
}

function fromType([rebuild, , parameters]: readonly Value[], source: string): Value {
  const rebuilder = rebuild instanceof Known ? rebuilders.get(rebuild.name) : undefined;
  // Never itself again, so that it ends.
  if (rebuilder === undefined || rebuilder === fromType || !(parameters instanceof PyTuple)) {
    throw new CardinalError(
      `${source}: the pickle is damaged: a tensor is made by no function that makes one`,
    );
  }
  return rebuilder(parameters.items, source);
}

function requireTensor(data: Value | undefined, source: string): TensorRef {
  if (data instanceof TensorRef) return data;
  throw new CardinalError(`${source}: the pickle is damaged: a parameter without a tensor`);
}
