import { CardinalError } from '../../base/errors.ts';
import { quoted } from '../../base/quoted.ts';
import { numpyScalar, numpyType } from './numpy.ts';
import { asText } from './arguments.ts';
import { rebuilders, storageDtype } from './rebuild.ts';
import {
  Known,
  NumpyType,
  PyDict,
  PyList,
  PyNamespace,
  PySet,
  PyTuple,
  TensorRef,
  type Value,
} from './values.ts';

/**
 * The names of Python that a pickle may use, and what they stand for here. It is the list of PyTorch's own reader of plain
 * data (`torch.load(…, weights_only=True)`, `torch/_weights_only_unpickler.py`), less what has no numbers for us, and with
 * the two that checkpoints of older training programs have: `argparse.Namespace` and numpy's scalars.
 */
type Maker = (parameters: readonly Value[], source: string) => Value;

const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ...rebuilders,
  ['collections.OrderedDict', ([items]) => dictionary(items)],
  ['collections.Counter', ([items]) => dictionary(items)],
  // The first argument is what makes missing values.
  ['collections.defaultdict', ([, items]) => dictionary(items)],
  ['argparse.Namespace', () => new PyNamespace()],
  ...pythonNames('dict', ([items]) => dictionary(items)),
  ...pythonNames('list', ([items]) => new PyList([...elements(items)])),
  ...pythonNames('tuple', ([items]) => new PyTuple(elements(items))),
  ...pythonNames('set', ([items]) => new PySet([...elements(items)])),
  ...pythonNames('frozenset', ([items]) => new PySet([...elements(items)])),
  ...pythonNames('bytearray', ([bytes]) => (bytes instanceof Uint8Array ? bytes : new Uint8Array(0))),
  // How protocol 2 writes bytes: a text of the characters 0 to 255.
  ['_codecs.encode', ([text]) => Uint8Array.from(asText(text), (character) => character.charCodeAt(0))],
  ['torch.Size', ([sizes]) => new PyTuple(elements(sizes))],
  ['torch.device', ([type, index]) => `${asText(type)}${typeof index === 'number' ? `:${index}` : ''}`],
  ['torch.serialization._get_layout', ([name]) => asText(name)],
  ['numpy.dtype', numpyType],
  ['numpy.core.multiarray.scalar', numpyScalar],
  ['numpy._core.multiarray.scalar', numpyScalar],
]);

/** Names that are mentioned and never called. */
const mentioned: ReadonlySet<string> = new Set([
  ...['bool', 'bytes', 'complex', 'float', 'int', 'object', 'str'].flatMap((name) => [
    `builtins.${name}`,
    `__builtin__.${name}`,
  ]),
  ...['float16', 'float32', 'float64', 'bfloat16', 'bool', 'complex32', 'complex64', 'complex128'].map(
    (name) => `torch.${name}`,
  ),
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'].map(
    (name) => `torch.${name}`,
  ),
  'torch.Tensor',
  'torch.nn.parameter.Parameter',
]);

/** What a refused name says of the file, by the part of the name that gives it away. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/Complex|complex/, 'complex numbers, which cannot be read: save their real and imaginary parts'],
  [/qtensor|\.Q\w+Storage$/, 'quantised tensors, which cannot be read: save the floating-point model'],
  [/sparse/, 'sparse tensors, which cannot be read: save tensor.to_dense()'],
  [/meta_tensor/, 'meta tensors, which have no numbers: save the model after its weights are loaded'],
  [
    /^numpy\./,
    'numpy arrays, which cannot be read: save torch.from_numpy(array), or the model.state_dict() alone',
  ],
];

/** The thing that a pickle calls `module.name`. Throws a `CardinalError` with the name if it is not plain data. */
export function known(module: string, name: string, source: string): Known {
  const full = `${module}.${name}`;
  if (makers.has(full) || mentioned.has(full) || storageDtype(full) !== undefined) return new Known(full);
  for (const [pattern, what] of refusals) {
    if (pattern.test(full)) throw new CardinalError(`${source}: uses ${quoted(full)}: it holds ${what}`);
  }
  throw new CardinalError(
    `${source}: uses ${quoted(full)}, expected tensors and plain data: a pickled object is a program of its own and is never run; load the file where it comes from and save model.state_dict() with torch.save`,
  );
}

/** What Python would get by calling `callee`. */
export function call(callee: Value, parameters: readonly Value[], source: string): Value {
  const maker = callee instanceof Known ? makers.get(callee.name) : undefined;
  if (maker === undefined) {
    const what = callee instanceof Known ? quoted(callee.name) : 'what is no function';
    throw new CardinalError(`${source}: the pickle is damaged: it calls ${what}`);
  }
  return maker(parameters, source);
}

/** Gives `target` the state that its class would take. */
export function build(target: Value, state: Value, source: string): void {
  if (target instanceof NumpyType) {
    // (version, byte order, …)
    target.bigEndian = state instanceof PyTuple && state.items[1] === '>';
  } else if (target instanceof PyNamespace) {
    if (state instanceof PyDict) for (const [key, value] of state.entries) target.entries.set(key, value);
  } else if (!(target instanceof PyDict || target instanceof TensorRef)) {
    // What other dictionaries and tensors have as attributes are notes, as PyTorch's `_metadata` of layers' versions.
    throw new CardinalError(`${source}: the pickle is damaged: it gives a state to what has none`);
  }
}

function pythonNames(name: string, maker: Maker): [string, Maker][] {
  return [
    [`builtins.${name}`, maker],
    [`__builtin__.${name}`, maker],
  ];
}

/** `dict(items)`: of another dictionary, or of pairs. */
function dictionary(items: Value | undefined): PyDict {
  const made = new PyDict();
  if (items instanceof PyDict) {
    for (const [key, value] of items.entries) made.entries.set(key, value);
  } else {
    for (const pair of elements(items)) {
      const [key, value] = elements(pair);
      made.entries.set(key ?? null, value ?? null);
    }
  }
  return made;
}

function elements(items: Value | undefined): readonly Value[] {
  return items instanceof PyList || items instanceof PyTuple || items instanceof PySet ? items.items : [];
}
