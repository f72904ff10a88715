import {
  CardinalError,
  DeviceLostError,
  DisposedError,
  InUseError,
  LockLostError,
  ShortageError,
  UnreadableError,
  UsageError,
} from '../errors.ts';

/** An error on its way to another thread, as plain data; or whatever else was thrown. `ref` is the caller's number of what it knows itself. */
export type Crossing =
  | { readonly ref?: number | undefined; readonly value: unknown }
  | {
      readonly ref?: number | undefined;
      readonly type: string;
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      /** The system's, such as ENOENT. */
      readonly code: string | undefined;
      readonly cause: Crossing | undefined;
    };

export type ErrorClasses = Readonly<Record<string, new (message: string, options?: ErrorOptions) => Error>>;

/** The more special before the more general: an error crosses as the first that it is. */
const ownClasses: ErrorClasses = {
  UsageError,
  DisposedError,
  DeviceLostError,
  ShortageError,
  InUseError,
  LockLostError,
  UnreadableError,
  CardinalError,
  TypeError,
  RangeError,
  Error,
};

/** Causes of causes that are taken along. */
const deepest = 4;

/** Takes errors apart and puts them together: the classes of both sides must be called the same. */
export class Crossings {
  readonly #classes: ErrorClasses;

  /** `more` are classes that not everybody knows, by any names. */
  constructor(more: ErrorClasses = {}) {
    this.#classes = { ...more, ...ownClasses };
  }

  /** `refOf` gives the number of what came from the other side. */
  pack(error: unknown, refOf: (error: unknown) => number | undefined, depth = 0): Crossing {
    const ref = refOf(error);
    if (!(error instanceof Error)) return { ref, value: clonable(error) };
    const { name, message, stack, cause } = error;
    return {
      ref,
      type: isDomException(error) ? 'DOMException' : this.#typeOf(error),
      name,
      message,
      stack,
      code: 'code' in error && typeof error.code === 'string' ? error.code : undefined,
      cause: cause === undefined || depth === deepest ? undefined : this.pack(cause, refOf, depth + 1),
    };
  }

  /** `known` gives what the number stands for, on the side that gave it. */
  unpack(crossing: Crossing, known: (ref: number) => unknown): unknown {
    const { ref } = crossing;
    const own = ref === undefined ? undefined : known(ref);
    if (own !== undefined) return own;
    if (!('type' in crossing)) return crossing.value;
    const { type, name, message, stack, code } = crossing;
    if (type === 'DOMException') return new DOMException(message, name);
    const cause = crossing.cause && { cause: this.unpack(crossing.cause, known) };
    const Class = Object.hasOwn(this.#classes, type) ? this.#classes[type] : Error;
    const error = new Class(message, cause);
    if (code !== undefined) Object.assign(error, { code });
    // A defect is looked for where it was; what a person can act on needs no stack.
    if (!(error instanceof CardinalError)) Object.defineProperties(error, hidden({ name, stack }));
    return error;
  }

  #typeOf(error: Error): string {
    const found = Object.entries(this.#classes).find(([, Class]) => error instanceof Class);
    return found?.[0] ?? 'Error';
  }
}

function clonable(thrown: unknown): unknown {
  try {
    return structuredClone(thrown);
  } catch {
    return String(thrown);
  }
}

function isDomException(error: Error): boolean {
  return typeof DOMException === 'function' && error instanceof DOMException;
}

function hidden(values: Readonly<Record<string, unknown>>): PropertyDescriptorMap {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, writable: true, configurable: true }]),
  );
}
