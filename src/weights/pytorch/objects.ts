import { NumpyType, PyDict, PyName, PyObject, PySet, PyTuple, type Value } from './values.ts';

/**
 * What an object has by name: its `__dict__`, and `__slots__` behind it. A graph that torch.fx traced has its `__dict__`
 * as the first argument of what makes it.
 */
export function attributesOf({ state, parameters }: PyObject): ReadonlyMap<Value, Value> {
  const found = new Map<Value, Value>();
  const parts = state instanceof PyTuple ? state.items : [state ?? parameters[0] ?? null];
  for (const part of parts) {
    if (part instanceof PyDict) for (const [key, value] of part.entries) found.set(key, value);
  }
  return found;
}

/**
 * The parts of a pickled `nn.Module` that its `state_dict()` would have, in that order: parameters, buffers that are saved,
 * modules in it. Undefined for an object of another kind. The module itself is never made.
 */
export function modulePartsOf(
  attributes: ReadonlyMap<Value, Value>,
): (readonly [Value, Value])[] | undefined {
  const [parameters, buffers, modules] = ['_parameters', '_buffers', '_modules'].map((key) =>
    attributes.get(key),
  );
  if (!(parameters instanceof PyDict && buffers instanceof PyDict && modules instanceof PyDict)) {
    return undefined;
  }
  const passing = attributes.get('_non_persistent_buffers_set');
  const unsaved = new Set<Value>(passing instanceof PySet ? passing.items : []);
  return [
    ...parameters.entries,
    ...[...buffers.entries].filter(([name]) => !unsaved.has(name)),
    ...modules.entries,
  ];
}

/** Something of Python's that is no tensor, number or text, as people see it: `pathlib.PosixPath('runs', 'a')`. */
export function objectText(value: Value): string | undefined {
  if (value instanceof PyObject) return describeObject(value);
  if (value instanceof Uint8Array) return `bytes (${value.length})`;
  if (value instanceof PySet) return `set (${value.items.length})`;
  return value instanceof NumpyType ? `numpy.dtype ${value.code}` : undefined;
}

const mostParameters = 6;
const longestParameter = 60;

function describeObject({ type: full, parameters, state }: PyObject): string {
  // Python's own, which old protocols call as Python 2 did.
  const type = full.replace(/^(builtins|__builtin__|exceptions)\./, '');
  const [owner, attribute] = parameters;
  // Members of enumerations.
  if (type === 'getattr' && owner instanceof PyName && typeof attribute === 'string') {
    return `${owner.name}.${attribute}`;
  }
  if (type === 'numpy.ndarray' && state instanceof PyTuple) {
    // (version, shape, type, …)
    const [, shape, numpyType] = state.items;
    const sizes = shape instanceof PyTuple ? shape.items.map((size) => textOf(size) ?? '?') : [];
    const code = numpyType instanceof NumpyType ? ` ${numpyType.code}` : '';
    return `${type}${code} ${sizes.join('×') || 'scalar'}`;
  }
  const shown = parameters.map((parameter) =>
    typeof parameter === 'string' ? `'${parameter}'` : textOf(parameter),
  );
  const plain = shown.every((text) => text !== undefined && text.length <= longestParameter);
  return shown.length > 0 && shown.length <= mostParameters && plain ? `${type}(${shown.join(', ')})` : type;
}

/** Numbers, text, names and None as Python's `str` has them, nearly: 90.0 is 90. */
export function textOf(value: Value): string | undefined {
  if (value === null) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return value;
  if (value instanceof PyName) return value.name;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}
