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
  /** Numbers are given in turn, as a rule: those are in a list, which is smaller. */
  readonly #memo: Value[] = [];
  readonly #memoElsewhere = new Map<number, Value>();
  readonly #memory: number;
  #copied = 0;
  #spent = 0;

  /** `memory` is what the values may take, in bytes. */
  constructor(cursor: Cursor, memory: number, storage: ((id: Value) => StorageRef) | undefined) {
    this.#cursor = cursor;
    this.#memory = memory;
    this.#storage = storage;
  }

  /** Counts what a value takes: a byte of a pickle may make a list. Never given back, so that what passes counts as well. */
  #spend(bytes: number): void {
    this.#spent += bytes;
    if (this.#spent > this.#memory) {
      this.fail(
        `what it makes takes more than ${this.#memory} bytes, far more than a file of this size has: save model.state_dict() alone`,
      );
    }
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

  list(items: Value[]): void {
    this.#spend(listBytes + itemBytes * items.length);
    this.push(new PyList(items));
  }

  set(items: Value[]): void {
    this.#spend(listBytes + itemBytes * items.length);
    this.push(new PySet(items));
  }

  tupleOf(items: readonly Value[]): void {
    this.#spend(listBytes + itemBytes * items.length);
    this.push(new PyTuple(items));
  }

  /** The last `count` values, as a tuple. */
  tuple(count: number): void {
    const items: Value[] = [];
    for (let left = count; left > 0; left--) items.unshift(this.pop());
    this.tupleOf(items);
  }

  bytes(view: Uint8Array): void {
    this.#spend(viewBytes);
    this.push(view);
  }

  remember(index: number): void {
    const value = this.top();
    if (index <= this.#memo.length) {
      this.#spend(2 * itemBytes);
      this.#memo[index] = value;
      this.#memoElsewhere.delete(index);
    } else {
      this.#spend(pairBytes);
      this.#memoElsewhere.set(index, value);
    }
  }

  memoize(): void {
    this.remember(this.#memo.length + this.#memoElsewhere.size);
  }

  recall(index: number): void {
    const value = index < this.#memo.length ? this.#memo[index] : this.#memoElsewhere.get(index);
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
    this.#spend((list.items.length === 0 ? firstItemBytes : 0) + itemBytes * items.length);
    for (const item of items) list.items.push(item);
  }

  add(items: readonly Value[]): void {
    const set = this.top();
    if (!(set instanceof PySet || set instanceof PyObject))
      this.fail(`byte ${this.#cursor.position} adds to what is not a set`);
    this.#spend((set.items.length === 0 ? firstItemBytes : 0) + itemBytes * items.length);
    for (const item of items) set.items.push(item);
  }

  /** `items` are keys and values in turn. */
  setItems(items: readonly Value[]): void {
    this.#fill(this.top(), items);
  }

  dictionary(items: readonly Value[]): void {
    this.#spend(dictionaryBytes);
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
    this.#spend((pairBytes * items.length) / 2);
    for (let i = 0; i < items.length; i += 2) dictionary.entries.set(items[i], items[i + 1]);
  }

  global(module: Value, name: Value): void {
    if (typeof module !== 'string' || typeof name !== 'string') this.fail('a name is not text');
    this.#spend(viewBytes);
    this.push(new PyName(`${module}.${name}`));
  }

  /** A class that a registry of the program's own has under a number. */
  extension(code: number): void {
    this.#spend(viewBytes);
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
    this.#spend(objectBytes);
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

/** What V8 takes, about: a list or tuple, what it has for the first items that are appended, each item, … */
const listBytes = 72;
const firstItemBytes = 136;
const itemBytes = 8;
const dictionaryBytes = 224;
const pairBytes = 48;
/** A view of bytes, a name. */
const viewBytes = 104;
/** What a call makes: a tensor with its shape, an object with what it has as a list and as a dictionary. */
const objectBytes = 360;

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
