import { CardinalError } from '../../base/errors.ts';
import type { Cursor } from './cursor.ts';
import { build, call } from './globals.ts';
import { PyDict, PyList, PyName, PyObject, PySet, PyTuple, type StorageRef, type Value } from './values.ts';

/** 2040 bits: Python's state of random numbers holds integers of 32 and 128. */
const maxIntegerBytes = 255;

/** The stack and the memo of a pickle, and what its opcodes do to them. */
export class Machine {
  readonly #cursor: Cursor;
  readonly #storage: ((id: Value) => StorageRef) | undefined;
  readonly #stack: Value[] = [];
  /** Heights of the stack at which a list of items begins. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Value>();
  #copied = 0;

  constructor(cursor: Cursor, storage: ((id: Value) => StorageRef) | undefined) {
    this.#cursor = cursor;
    this.#storage = storage;
  }

  fail(what: string): never {
    throw new CardinalError(`${this.#cursor.source}: the pickle is damaged: ${what}`);
  }

  push(value: Value): void {
    this.#stack.push(value);
  }

  pop(): Value {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.pop() : undefined;
    if (value === undefined) this.fail(`nothing is left on the stack at byte ${this.#cursor.position}`);
    return value;
  }

  top(): Value {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.at(-1) : undefined;
    if (value === undefined) this.fail(`nothing is left on the stack at byte ${this.#cursor.position}`);
    return value;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Everything since the last mark. */
  popMark(): Value[] {
    const height = this.#marks.pop();
    if (height === undefined) this.fail(`there is no mark at byte ${this.#cursor.position}`);
    return this.#stack.splice(height);
  }

  /** The last `count` values, as a tuple. */
  tuple(count: number): void {
    const items = Array.from({ length: count }, () => this.pop()).reverse();
    this.push(new PyTuple(items));
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.remember(this.#memo.size);
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.fail(`there is nothing under number ${index} of the memo`);
    this.push(value);
  }

  integer(length: number): void {
    if (length > maxIntegerBytes) this.fail(`an integer of ${length} bytes, the limit is ${maxIntegerBytes}`);
    const digits = this.#cursor.take(length).toReversed();
    if (length === 0) {
      this.push(0);
      return;
    }
    const hex = Array.from(digits, (byte) => byte.toString(16).padStart(2, '0')).join('');
    const value = BigInt.asIntN(length * 8, BigInt(`0x${hex}`));
    const number = Number(value);
    this.push(Number.isSafeInteger(number) ? number : value);
  }

  append(items: readonly Value[]): void {
    const list = this.top();
    if (!(list instanceof PyList || list instanceof PyObject))
      this.fail(`byte ${this.#cursor.position} appends to what is not a list`);
    for (const item of items) list.items.push(item);
  }

  add(items: readonly Value[]): void {
    const set = this.top();
    if (!(set instanceof PySet || set instanceof PyObject))
      this.fail(`byte ${this.#cursor.position} adds to what is not a set`);
    for (const item of items) set.items.push(item);
  }

  /** `items` are keys and values in turn. */
  setItems(items: readonly Value[]): void {
    this.#fill(this.top(), items);
  }

  dictionary(items: readonly Value[]): void {
    const dictionary = new PyDict();
    this.#fill(dictionary, items);
    this.push(dictionary);
  }

  #fill(dictionary: Value, items: readonly Value[]): void {
    if (!(dictionary instanceof PyDict || dictionary instanceof PyObject) || items.length % 2 !== 0) {
      this.fail(
        `byte ${this.#cursor.position} sets items of what is not a dictionary, or a key without a value`,
      );
    }
    for (let i = 0; i < items.length; i += 2) dictionary.entries.set(items[i], items[i + 1]);
  }

  global(module: Value, name: Value): void {
    if (typeof module !== 'string' || typeof name !== 'string') this.fail('a name is not text');
    this.push(new PyName(`${module}.${name}`));
  }

  /** A class that a registry of the program's own has under a number. */
  extension(code: number): void {
    this.push(new PyName(`copyreg extension ${code}`));
  }

  call(): void {
    const parameters = this.pop();
    if (!(parameters instanceof PyTuple)) this.fail('the arguments of a call are not a tuple');
    this.#call(this.pop(), parameters);
  }

  /** `cls.__new__(cls, *args, **kwargs)`: what takes keywords is no plain data, and they are not looked at. */
  callWithKeywords(): void {
    const keywords = this.pop();
    if (!(keywords instanceof PyDict)) this.fail('the keywords of a call are not a dictionary');
    this.call();
  }

  /** INST: a class by name, and its arguments since the last mark. */
  instance(module: string, name: string): void {
    this.#call(new PyName(`${module}.${name}`), new PyTuple(this.popMark()));
  }

  /** OBJ: a class and its arguments since the last mark. */
  object(): void {
    const [type, ...parameters] = this.popMark();
    this.#call(type ?? null, new PyTuple(parameters));
  }

  #call(callee: Value, parameters: PyTuple): void {
    this.#charge(parameters);
    this.push(call(callee, parameters.items, this.#cursor.source));
  }

  build(): void {
    const state = this.pop();
    this.#charge(state);
    build(this.top(), state, this.#cursor.source);
  }

  persistent(): void {
    const id = this.pop();
    if (this.#storage === undefined) this.fail('it refers to a storage where none can be');
    this.#charge(id);
    // Old files have the source text of a module's class beside it: ('module', class, file, text).
    const [tag, type] = id instanceof PyTuple ? id.items : [];
    this.push(tag === 'module' && type instanceof PyName ? type : this.#storage(id));
  }

  /**
   * Calls copy their arguments. Each is a part of the pickle and copied once, unless the memo is used to have a long one
   * copied again and again.
   */
  #charge(parameters: Value): void {
    this.#copied += weight(parameters, 2);
    if (this.#copied > copiesPerByte * this.#cursor.position + freeCopies) {
      this.fail(`its calls copy ${this.#copied} items, far more than it has bytes`);
    }
  }
}

const copiesPerByte = 4;
const freeCopies = 10_000;

/** How many items a value has, with those of its items down to `levels`. */
function weight(value: Value, levels: number): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length;
  if (value instanceof PyDict) return value.entries.size;
  if (!(value instanceof PyList || value instanceof PyTuple || value instanceof PySet)) return 1;
  if (levels === 0) return value.items.length;
  let sum = 1;
  for (const item of value.items) sum += weight(item, levels - 1);
  return sum;
}
