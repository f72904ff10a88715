import { described, isDetached } from './described.ts';
import { UsageError } from './errors.ts';
import { alike, nearest } from './nearest.ts';

/** What a value given by a program's caller may be: a test, and words for the message. */
export interface Kind {
  readonly expected: string;
  is(value: unknown): boolean;
}

/** What each option of `T` may be; the types fail where one is left out. */
export type Kinds<T> = Readonly<Record<keyof T, Kind>>;

/** Checked where it is used, by whoever knows what it must be. */
export const anything: Kind = { expected: 'anything', is: () => true };
/** A shape, which `trace` looks at. */
export const inputShape: Kind = { ...anything, expected: 'a shape such as [1, 3, 224, 224]' };
export const flag: Kind = { expected: 'true or false', is: (value) => typeof value === 'boolean' };
export const text: Kind = {
  expected: 'a text that is not empty',
  is: (value) => typeof value === 'string' && value !== '',
};
export const callback: Kind = { expected: 'a function', is: (value) => typeof value === 'function' };
export const finite: Kind = { expected: 'a finite number', is: Number.isFinite };
/** An object whose fields are checked where they are used. */
export const record: Kind = {
  expected: 'an object',
  is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};
export const abortSignal: Kind = having('an AbortSignal', 'addEventListener', 'throwIfAborted');
export const texts: Kind = {
  expected: 'an array of texts',
  is: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
};

/** Bytes: a Buffer is one. Those whose memory was handed to another thread are gone. */
export const bytes: Kind = {
  expected: 'bytes, a Uint8Array',
  is: (value) => Object.prototype.toString.call(value) === '[object Uint8Array]' && !isDetached(value),
};

/** A Map, be it of another realm. */
export function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]';
}

export function listOf(one: Kind): Kind {
  return {
    expected: `an array, each of it ${one.expected}`,
    is: (value) => Array.isArray(value) && value.every((item) => one.is(item)),
  };
}

/** An object that has all these properties: what another function gave, as a rule. */
export function objectWith(expected: string, ...properties: readonly string[]): Kind {
  return {
    expected,
    is: (value) => record.is(value) && properties.every((property) => property in Object(value)),
  };
}

export function wholeFrom(least: number): Kind {
  return {
    expected: `a whole number of at least ${least}`,
    is: (value) => Number.isInteger(value) && Number(value) >= least,
  };
}

export function numberFrom(least: number): Kind {
  return {
    expected: `a number of at least ${least}`,
    is: (value) => Number.isFinite(value) && Number(value) >= least,
  };
}

export function oneOf(...choices: readonly string[]): Kind {
  return {
    expected: choices.map((choice) => `'${choice}'`).join(' or '),
    is: (value) => typeof value === 'string' && choices.includes(value),
  };
}

/** An object with these methods, such as a backend. */
export function having(expected: string, ...methods: readonly string[]): Kind {
  return {
    expected,
    is: (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof Reflect.get(value, method) === 'function'),
  };
}

/**
 * Checks the options that a caller gave to `what`: plain JavaScript may call with anything. Options that are undefined count
 * as left out. Throws a `UsageError` if they are no object, one has no such name (it names the nearest), one of `required` is
 * missing, or a value is not of its kind.
 */
export function checkOptions<T extends object>(
  what: string,
  given: T | undefined,
  kinds: Kinds<T>,
  required: readonly (keyof T & string)[] = [],
): void {
  const names = Object.keys(kinds);
  if (given !== undefined && !isPlain(given)) {
    throw new UsageError(`${what}: expected options by name, { ${hint(names)} }, got ${described(given)}`);
  }
  const values: Readonly<Record<string, unknown>> = { ...given };
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(kinds, name))
      throw new UsageError(`${what}: unknown option ${name}${meant(name, names)}`);
    checkKind(what, name, value, kinds[name as keyof T]);
  }
  const missing = required.find((name) => values[name] === undefined);
  if (missing !== undefined) {
    const kind: Kind = kinds[missing];
    const words = kind === anything ? '' : ` ${kind.expected},`;
    const got = given === undefined ? 'no options' : 'none';
    throw new UsageError(`${what}: expected { ${missing} },${words} got ${got}`);
  }
}

/** Throws a `UsageError` unless `value` is of `kind`. `name` is what the caller knows it by. */
export function checkKind(what: string, name: string, value: unknown, kind: Kind): void {
  if (kind.is(value)) return;
  throw new UsageError(`${what}: expected ${name} to be ${kind.expected}, got ${described(value)}`);
}

/** Whether it is an object of names and values, and no array, Map or the like. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && Object.prototype.toString.call(value) === '[object Object]'
  );
}

function hint(names: readonly string[]): string {
  return names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');
}

function meant(name: string, names: readonly string[]): string {
  // PyTorch's names with underscores are the ones most often tried.
  const similar = nearest(name.replaceAll('_', ''), names, 1).filter((one) => alike(one, name));
  return `${similar.length === 0 ? ';' : `; did you mean ${similar.join()}?`} it has ${names.join(', ')}`;
}
