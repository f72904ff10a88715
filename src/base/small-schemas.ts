/**
 * Stands for `zod/mini` and `zod/locales` in the scripts of pages: zod has 8 kB gzip in `engine.js`, 10 in `training.js`, this 2. It has
 * what Cardinal's own schemas use, and what that takes, gives and says is zod's, in its words; a test compares both.
 */

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Whether the value is of its type nevertheless, so that checks of it make sense. */
  readonly isOfType: boolean;
}

interface Outcome {
  readonly value: unknown;
  readonly issues: readonly Issue[];
}

/** What is wrong with a value, in words; undefined if nothing is. */
type Fault = (value: unknown) => string | undefined;
type Words = string | ((issue: { readonly input: unknown }) => string);
interface Params {
  readonly error?: Words | undefined;
}
interface Check extends Params {
  readonly fault: Fault;
  /** More items are refused before any is looked at. */
  readonly mostItems?: number;
}

/** Of an object, whether it may lack a key: nothing is put in its place, or a default. */
type Absence = 'optional' | 'defaulted' | undefined;

interface Parts extends Params {
  readonly run: (value: unknown) => Outcome;
  readonly absence?: Absence;
  /** Values that literals and words allow. */
  readonly values?: readonly unknown[];
  readonly shape?: Shape;
  readonly otherKeys?: OtherKeys;
}

type Shape = Readonly<Record<string, Schema>>;
type OtherKeys = 'left out' | 'kept' | 'refused';

class Schema {
  readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  run(value: unknown): Outcome {
    return this.parts.run(value);
  }

  check(...checks: readonly Check[]): Schema {
    const { parts } = this;
    return new Schema({
      ...parts,
      run: (given) => {
        const tooLong = checks.find(
          ({ mostItems = Infinity }) => Array.isArray(given) && given.length > mostItems,
        );
        if (tooLong !== undefined) return { value: given, issues: [issue(String(tooLong.fault(given)))] };
        const { value, issues } = parts.run(given);
        if (issues.some(({ isOfType }) => !isOfType)) return { value, issues };
        const found = checks.flatMap(({ fault, error = parts.error }) => {
          const message = fault(value);
          return message === undefined ? [] : [issue(worded(error, value, message), true)];
        });
        return { value, issues: [...issues, ...found] };
      },
    });
  }

  safeParse(given: unknown): object {
    const { value, issues } = this.run(given);
    return issues.length === 0 ? { success: true, data: value } : { success: false, error: { issues } };
  }

  parse(given: unknown): unknown {
    const { value, issues } = this.run(given);
    if (issues.length > 0) throw new Error(JSON.stringify(issues));
    return value;
  }
}

function issue(message: string, isOfType = false, path: readonly PropertyKey[] = []): Issue {
  return { path, message, isOfType };
}

function worded(error: Words | undefined, input: unknown, message: string): string {
  return typeof error === 'function' ? error({ input }) : (error ?? message);
}

/** A schema of values that are taken as they are. */
function plain(fault: Fault, { error }: Params = {}, parts: Partial<Parts> = {}): Schema {
  const run = (value: unknown): Outcome => {
    const message = fault(value);
    return { value, issues: message === undefined ? [] : [issue(worded(error, value, message))] };
  };
  return new Schema({ ...parts, run, error });
}

function ofType(expected: string, is: (value: unknown) => boolean, params?: Params): Schema {
  return plain((value) => (is(value) ? undefined : wrongType(expected, value)), params);
}

function wrongType(expected: string, value: unknown): string {
  return `Invalid input: expected ${expected}, received ${typeOf(value)}`;
}

function typeOf(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? 'number' : String(value);
  if (typeof value !== 'object') return typeof value;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  return isPlain || !('constructor' in value) ? 'object' : value.constructor.name;
}

function oneOf(values: readonly unknown[]): Schema {
  const shown = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)));
  const message =
    values.length === 1
      ? `Invalid input: expected ${shown[0]}`
      : `Invalid option: expected one of ${shown.join('|')}`;
  return plain((value) => (values.includes(value) ? undefined : message), {}, { values });
}

export const string = (): Schema => ofType('string', (value) => typeof value === 'string');
export const boolean = (): Schema => ofType('boolean', (value) => typeof value === 'boolean');
export const number = (params?: Params): Schema => ofType('number', Number.isFinite, params);
const nothing = (): Schema => ofType('null', (value) => value === null);

export function int(params: Params = {}): Schema {
  return plain((value) => {
    if (!Number.isFinite(value)) return wrongType('number', value);
    return Number.isInteger(value) ? undefined : wrongType('int', value);
  }, params).check({
    fault: (value) =>
      tooBig(Number(value), Number.MAX_SAFE_INTEGER, 'int') ??
      tooSmall(Number(value), Number.MIN_SAFE_INTEGER, 'int'),
  });
}

/** Whoever asks gets zod's English words at once. */
export const en = (): object => ({ localeError: undefined });

export const literal = (value: unknown): Schema => oneOf([value]);
const words = (values: readonly string[]): Schema => oneOf(values);
export { words as enum };

export const iso = {
  datetime(): Schema {
    return string().check({
      fault: (value) => (isDate(String(value)) ? undefined : 'Invalid ISO datetime'),
    });
  },
};

/** Whether there is such a time, as `2026-02-28T23:59:59.999Z`. */
function isDate(text: string): boolean {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/.exec(text);
  if (parts === null) return false;
  const time = Date.parse(`${parts[1]}Z`);
  // The 30th of February is the 2nd of March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(parts[1]);
}

export function custom(is: (value: unknown) => boolean, { error }: Params = {}): Schema {
  return plain(() => undefined).check(refine(is, { error }));
}

export function object(shape: Shape, params: Params = {}, otherKeys: OtherKeys = 'left out'): Schema {
  const keys = Object.entries(shape);
  const isOwn = new Set(Object.keys(shape));
  const run = (given: unknown): Outcome => {
    if (!isObject(given)) {
      return { value: given, issues: [issue(worded(params.error, given, wrongType('object', given)))] };
    }
    const value: Record<string, unknown> = {};
    const issues: Issue[] = [];
    for (const [key, schema] of keys) {
      const isPresent = key in given;
      if (!isPresent && schema.parts.absence === 'optional') continue;
      const part = schema.run(given[key]);
      addWithin(issues, key, part);
      if (!isPresent && schema.parts.absence === undefined) {
        if (part.issues.length === 0) issues.push(issue(wrongType('nonoptional', undefined), false, [key]));
      } else value[key] = part.value;
    }
    const others: string[] = [];
    if (otherKeys !== 'left out') {
      for (const key in given) {
        if (isOwn.has(key)) continue;
        if (otherKeys === 'refused') others.push(key);
        else if (key !== '__proto__') value[key] = given[key];
      }
    }
    if (others.length > 0) {
      const shown = others.map((key) => `"${key}"`).join(', ');
      issues.push(
        issue(worded(params.error, given, `Unrecognized key${others.length > 1 ? 's' : ''}: ${shown}`), true),
      );
    }
    return { value, issues };
  };
  return new Schema({ run, shape, otherKeys, ...params });
}

export const strictObject = (shape: Shape, params?: Params): Schema => object(shape, params, 'refused');
export const looseObject = (shape: Shape, params?: Params): Schema => object(shape, params, 'kept');

export function extend({ parts }: Schema, shape: Shape): Schema {
  return object({ ...parts.shape, ...shape }, { error: parts.error }, parts.otherKeys);
}

export function record(key: Schema, element: Schema): Schema {
  return new Schema({
    run: (given) => {
      if (!isPlainObject(given)) return { value: given, issues: [issue(wrongType('record', given))] };
      const value: Record<string, unknown> = {};
      const issues: Issue[] = [];
      for (const [name, each] of Object.entries(given)) {
        if (name === '__proto__') continue;
        if (key.run(name).issues.length > 0) issues.push(issue('Invalid key in record', false, [name]));
        else {
          const part = element.run(each);
          addWithin(issues, name, part);
          value[name] = part.value;
        }
      }
      return { value, issues };
    },
  });
}

export function array(element: Schema): Schema {
  return new Schema({ run: (given) => listed('array', given, () => element) });
}

export function tuple(elements: readonly Schema[]): Schema {
  const { length } = elements;
  return new Schema({
    run: (given) => {
      if (!Array.isArray(given)) return listed('tuple', given, () => nothing());
      const few = given.length < length ? tooSmall(given.length, length, 'array') : undefined;
      if (few !== undefined) return { value: [], issues: [issue(few)] };
      const many = tooBig(given.length, length, 'array');
      const { value, issues } = listed('tuple', given.slice(0, length), (index) => elements[index]);
      return { value, issues: [...(many === undefined ? [] : [issue(many)]), ...issues] };
    },
  });
}

function listed(name: string, given: unknown, schemaOf: (index: number) => Schema): Outcome {
  if (!Array.isArray(given)) return { value: given, issues: [issue(wrongType(name, given))] };
  const value: unknown[] = [];
  const issues: Issue[] = [];
  for (const [index, each] of (given as unknown[]).entries()) {
    const part = schemaOf(index).run(each);
    addWithin(issues, index, part);
    value.push(part.value);
  }
  return { value, issues };
}

export function union(schemas: readonly Schema[], params: Params = {}): Schema {
  return new Schema({
    ...params,
    run: (value) => {
      const tried: Outcome[] = [];
      for (const schema of schemas) {
        const outcome = schema.run(value);
        if (outcome.issues.length === 0) return outcome;
        tried.push(outcome);
      }
      const ofType = tried.filter(({ issues }) => issues.every(({ isOfType }) => isOfType));
      return ofType.length === 1
        ? ofType[0]
        : { value, issues: [issue(worded(params.error, value, 'Invalid input'))] };
    },
  });
}

export function discriminatedUnion(key: string, schemas: readonly Schema[]): Schema {
  const byValue = new Map(
    schemas.flatMap((schema) =>
      (schema.parts.shape?.[key].parts.values ?? []).map((value) => [value, schema]),
    ),
  );
  const kinds = [...byValue.keys()].map((value) => `'${String(value)}'`).join(' | ');
  return new Schema({
    run: (value) => {
      if (!isObject(value)) return { value, issues: [issue(wrongType('object', value))] };
      const message = `Invalid discriminator value. Expected ${kinds}`;
      return byValue.get(value[key])?.run(value) ?? { value, issues: [issue(message, false, [key])] };
    },
  });
}

/** Any JSON value. */
export function json(): Schema {
  const any: Schema = new Schema({ run: (value) => anyOf.run(value) });
  const anyOf = union([string(), number(), boolean(), nothing(), array(any), record(string(), any)]);
  return any;
}

export function optional(schema: Schema): Schema {
  const isDefaulted = schema.parts.absence === 'defaulted';
  return new Schema({
    ...schema.parts,
    absence: isDefaulted ? 'defaulted' : 'optional',
    run: (value) => (value === undefined && !isDefaulted ? { value, issues: [] } : schema.run(value)),
  });
}

export function nullable(schema: Schema): Schema {
  return new Schema({
    ...schema.parts,
    run: (value) => (value === null ? { value, issues: [] } : schema.run(value)),
  });
}

export const nullish = (schema: Schema): Schema => optional(nullable(schema));

function withDefault(schema: Schema, byDefault: unknown): Schema {
  return new Schema({
    ...schema.parts,
    absence: 'defaulted',
    run: (value) =>
      value === undefined
        ? { value: Array.isArray(byDefault) ? [...(byDefault as unknown[])] : byDefault, issues: [] }
        : schema.run(value),
  });
}
export { withDefault as _default };

export function readonly(schema: Schema): Schema {
  return new Schema({
    ...schema.parts,
    run: (given) => {
      const { value, issues } = schema.run(given);
      return { value: Object.freeze(value), issues };
    },
  });
}

export const minimum = (least: number): Check => ({ fault: (value) => tooSmall(Number(value), least) });
export const maximum = (most: number): Check => ({ fault: (value) => tooBig(Number(value), most) });
export const gt = (bound: number): Check => ({
  fault: (value) => (Number(value) > bound ? undefined : `Too small: expected number to be >${bound}`),
});
export const lt = (bound: number): Check => ({
  fault: (value) => (Number(value) < bound ? undefined : `Too big: expected number to be <${bound}`),
});
export const positive = (): Check => gt(0);
export const nonnegative = (): Check => minimum(0);

export const minLength = (least: number): Check => ({
  fault: (value) => tooSmall(lengthOf(value), least, sizedType(value)),
});
export const maxLength = (most: number): Check => ({
  fault: (value) => tooBig(lengthOf(value), most, sizedType(value)),
  mostItems: most,
});

/** Of a list, or of a string in code points. */
function lengthOf(value: unknown): number {
  return Array.from(value as ArrayLike<unknown>).length;
}

export const regex = (pattern: RegExp): Check => ({
  fault: (value) =>
    pattern.test(String(value)) ? undefined : `Invalid string: must match pattern ${String(pattern)}`,
});

export function refine(holds: (value: never) => unknown, { error }: Params = {}): Check {
  // Who writes it knows what its schema takes.
  return { error, fault: (value) => (holds(value as never) ? undefined : 'Invalid input') };
}

const units: Readonly<Record<string, string>> = { string: ' characters', array: ' items' };

function sizedType(value: unknown): string {
  return typeof value === 'string' ? 'string' : 'array';
}

function tooSmall(size: number, least: number, what = 'number'): string | undefined {
  return size >= least ? undefined : `Too small: expected ${what} ${bound('>=', least, what)}`;
}

function tooBig(size: number, most: number, what = 'number'): string | undefined {
  return size <= most ? undefined : `Too big: expected ${what} ${bound('<=', most, what)}`;
}

function bound(sign: string, size: number, what: string): string {
  const unit = Object.hasOwn(units, what) ? units[what] : undefined;
  return unit === undefined ? `to be ${sign}${size}` : `to have ${sign}${size}${unit}`;
}

function addWithin(issues: Issue[], key: PropertyKey, part: Outcome): void {
  for (const { path, ...rest } of part.issues) issues.push({ ...rest, path: [key, ...path] });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it is an object of nobody's class, of whichever realm. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const { constructor } = value;
  if (typeof constructor !== 'function') return true;
  return isObject(constructor.prototype) && Object.hasOwn(constructor.prototype, 'isPrototypeOf');
}
