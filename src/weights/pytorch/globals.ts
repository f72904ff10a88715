import { CardinalError } from '../../base/errors.ts';
import { numpyScalar, numpyType } from './numpy.ts';
import { asText } from './arguments.ts';
import { rebuilders } from './rebuild.ts';
import {
  NumpyType,
  PyDict,
  PyList,
  PyName,
  PyNamespace,
  PyObject,
  PySet,
  PyTuple,
  TensorRef,
  UnreadableTensor,
  type Value,
} from './values.ts';

/**
 * The names of Python that stand for something here: tensors, and the containers, numbers and texts that checkpoints have
 * around them. Whatever else a pickle names or calls becomes a `PyObject`, which knows what it would be made of; nothing
 * of Python is run.
 */
type Maker = (parameters: readonly Value[], source: string) => Value;

const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ...rebuilders,
  ['collections.OrderedDict', ([items]) => dictionary(items)],
  ['collections.Counter', ([items]) => dictionary(items)],
  // The first argument is what makes missing values.
  ['collections.defaultdict', ([, items]) => dictionary(items)],
  ['collections.deque', ([items]) => new PyList([...elements(items)])],
  ['argparse.Namespace', () => new PyNamespace()],
  ['types.SimpleNamespace', () => new PyNamespace()],
  ...pythonNames('dict', ([items]) => dictionary(items)),
  ...pythonNames('list', ([items]) => new PyList([...elements(items)])),
  ...pythonNames('tuple', ([items]) => new PyTuple(elements(items))),
  ...pythonNames('set', ([items]) => new PySet([...elements(items)])),
  ...pythonNames('frozenset', ([items]) => new PySet([...elements(items)])),
  ...pythonNames('bytearray', ([bytes]) => (bytes instanceof Uint8Array ? bytes : new Uint8Array(0))),
  // How protocol 2 writes bytes: a text of the characters 0 to 255.
  ['_codecs.encode', ([text]) => Uint8Array.from(asText(text), (character) => character.charCodeAt(0))],
  // How classes that know nothing of protocol 2 are made: of a class and what it is based on.
  ['copyreg._reconstructor', reconstructed],
  ['copy_reg._reconstructor', reconstructed],
  ['torch.Size', ([sizes]) => new PyTuple(elements(sizes))],
  ['torch.device', ([type, index]) => `${asText(type)}${typeof index === 'number' ? `:${index}` : ''}`],
  ['torch.serialization._get_layout', ([name]) => asText(name)],
  // TorchScript says of its lists and dictionaries what is in them.
  ['torch.jit._pickle.restore_type_tag', ([value]) => value ?? null],
  ...['intlist', 'doublelist', 'boollist', 'tensorlist'].map((list): [string, Maker] => [
    `torch.jit._pickle.build_${list}`,
    ([value]) => value ?? null,
  ]),
  ['numpy.dtype', numpyType],
  ['numpy.core.multiarray.scalar', numpyScalar],
  ['numpy._core.multiarray.scalar', numpyScalar],
  // (class, shape, type), and what is in it as a state
  ['numpy.core.multiarray._reconstruct', reconstructed],
  ['numpy._core.multiarray._reconstruct', reconstructed],
]);

/** What Python would get by calling `callee`, or what stands for it. */
export function call(callee: Value, parameters: readonly Value[], source: string): Value {
  if (callee instanceof PyName) {
    const maker = makers.get(callee.name);
    return maker === undefined ? new PyObject(callee.name, parameters) : maker(parameters, source);
  }
  // Of a method, say: whatever comes of it is not known here.
  if (callee instanceof PyObject) return new PyObject(callee.type, parameters);
  throw new CardinalError(`${source}: the pickle is damaged: it calls what is no function`);
}

/** Gives `target` the state that its class would take. */
export function build(target: Value, state: Value, source: string): void {
  if (target instanceof PyObject) {
    target.state = state;
  } else if (target instanceof NumpyType) {
    // (version, byte order, …)
    target.bigEndian = state instanceof PyTuple && state.items[1] === '>';
  } else if (target instanceof PyNamespace) {
    if (state instanceof PyDict) for (const [key, value] of state.entries) target.entries.set(key, value);
  } else if (!takesNotes(target)) {
    throw new CardinalError(`${source}: the pickle is damaged: it gives a state to what has none`);
  }
}

/** What may have attributes that are only notes, as dictionaries have PyTorch's `_metadata` of layers' versions. */
function takesNotes(target: Value): boolean {
  return (
    target instanceof PyDict ||
    target instanceof PyList ||
    target instanceof PySet ||
    target instanceof TensorRef ||
    target instanceof UnreadableTensor
  );
}

/** (class, base, state of the base), or numpy's (class, …). */
function reconstructed([type, base, state]: readonly Value[]): PyObject {
  const made = new PyObject(type instanceof PyName ? type.name : 'object', []);
  if (base instanceof PyName && state instanceof PyDict) {
    for (const [key, value] of state.entries) made.entries.set(key, value);
  } else if (base instanceof PyName) {
    for (const item of elements(state)) made.items.push(item);
  }
  return made;
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
