import { Cursor } from './cursor.ts';
import { Machine } from './machine.ts';
import { pickleMemory } from './limits.ts';
import type { StorageRef, Value } from './values.ts';

/**
 * Reads a pickle as plain data (Python's `pickletools.py` documents every opcode; protocols 2 to 5). A pickle is a program
 * for a machine with a stack and a memo. This one knows by name the few functions and classes that files of weights use,
 * which make plain data; nothing of Python is run, and what any other name would make stays a `PyObject`.
 *
 * There is no recursion, and what is allocated is bounded by the file's length and by `maxSteps`.
 */
export function unpickle(bytes: Uint8Array, source: string, options: UnpickleOptions = {}): Unpickled {
  const cursor = new Cursor(bytes, options.begin ?? 0, source);
  const machine = new Machine(cursor, options.memory ?? pickleMemory(bytes.length), options.storage);
  for (let steps = 0; steps < maxSteps; steps++) {
    const opcode = cursor.byte();
    if (opcode === stop) return { value: machine.pop(), end: cursor.position };
    execute(opcode, machine, cursor);
  }
  return machine.fail(`it has more than ${maxSteps} steps`);
}

export interface UnpickleOptions {
  /** Where the pickle begins in the bytes; 0 if left out. */
  readonly begin?: number;
  /** What its values may take, in bytes; by the pickle's own length if left out. */
  readonly memory?: number;
  /** What a persistent id stands for: storages are kept outside the pickle. Refused if left out. */
  readonly storage?: (id: Value) => StorageRef;
}

export interface Unpickled {
  readonly value: Value;
  /** The byte after the pickle. */
  readonly end: number;
}

/** Some dozens of steps make a tensor: far from every honest file, and an end for one that was made to take memory. */
const maxSteps = 5_000_000;

const stop = 0x2e;

/** Opcodes by the names that `pickletools` gives them. */
function execute(opcode: number, machine: Machine, cursor: Cursor): void {
  switch (opcode) {
    case 0x80: // PROTO: the version changes which opcodes come, not what they mean
      cursor.byte();
      return;
    case 0x95: // FRAME
      cursor.length64();
      return;

    case 0x28: // MARK
      machine.mark();
      return;
    case 0x30: // POP
      machine.pop();
      return;
    case 0x31: // POP_MARK
      machine.popMark();
      return;
    case 0x32: // DUP
      machine.push(machine.top());
      return;

    case 0x4e: // NONE
      machine.push(null);
      return;
    case 0x88: // NEWTRUE
      machine.push(true);
      return;
    case 0x89: // NEWFALSE
      machine.push(false);
      return;
    case 0x4b: // BININT1
      machine.push(cursor.byte());
      return;
    case 0x4d: // BININT2
      machine.push(cursor.uint16());
      return;
    case 0x4a: // BININT
      machine.push(cursor.int32());
      return;
    case 0x8a: // LONG1
      machine.integer(cursor.byte());
      return;
    case 0x8b: // LONG4
      machine.integer(cursor.uint32());
      return;
    case 0x47: // BINFLOAT
      machine.push(cursor.float64());
      return;

    case 0x8c: // SHORT_BINUNICODE
    case 0x55: // SHORT_BINSTRING: what Python 2 calls text
      machine.push(cursor.text(cursor.byte()));
      return;
    case 0x58: // BINUNICODE
    case 0x54: // BINSTRING
      machine.push(cursor.text(cursor.uint32()));
      return;
    case 0x8d: // BINUNICODE8
      machine.push(cursor.text(cursor.length64()));
      return;
    case 0x43: // SHORT_BINBYTES
      machine.bytes(cursor.take(cursor.byte()));
      return;
    case 0x42: // BINBYTES
      machine.bytes(cursor.take(cursor.uint32()));
      return;
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      machine.bytes(cursor.take(cursor.length64()));
      return;

    case 0x5d: // EMPTY_LIST
      machine.list([]);
      return;
    case 0x6c: // LIST
      machine.list(machine.popMark());
      return;
    case 0x61: // APPEND
      machine.append([machine.pop()]);
      return;
    case 0x65: // APPENDS
      machine.append(machine.popMark());
      return;
    case 0x29: // EMPTY_TUPLE
      machine.tuple(0);
      return;
    case 0x85: // TUPLE1
      machine.tuple(1);
      return;
    case 0x86: // TUPLE2
      machine.tuple(2);
      return;
    case 0x87: // TUPLE3
      machine.tuple(3);
      return;
    case 0x74: // TUPLE
      machine.tupleOf(machine.popMark());
      return;
    case 0x7d: // EMPTY_DICT
      machine.dictionary([]);
      return;
    case 0x64: // DICT
      machine.dictionary(machine.popMark());
      return;
    case 0x73: // SETITEM
      machine.setItems([machine.pop(), machine.pop()].reverse());
      return;
    case 0x75: // SETITEMS
      machine.setItems(machine.popMark());
      return;
    case 0x8f: // EMPTY_SET
      machine.set([]);
      return;
    case 0x90: // ADDITEMS
      machine.add(machine.popMark());
      return;
    case 0x91: // FROZENSET
      machine.set(machine.popMark());
      return;

    case 0x71: // BINPUT
      machine.remember(cursor.byte());
      return;
    case 0x72: // LONG_BINPUT
      machine.remember(cursor.uint32());
      return;
    case 0x94: // MEMOIZE
      machine.memoize();
      return;
    case 0x68: // BINGET
      machine.recall(cursor.byte());
      return;
    case 0x6a: // LONG_BINGET
      machine.recall(cursor.uint32());
      return;

    case 0x63: // GLOBAL
      machine.global(cursor.line(), cursor.line());
      return;
    case 0x93: {
      // STACK_GLOBAL
      const name = machine.pop();
      machine.global(machine.pop(), name);
      return;
    }
    case 0x69: // INST
      machine.instance(cursor.line(), cursor.line());
      return;
    case 0x6f: // OBJ
      machine.object();
      return;
    case 0x82: // EXT1
      machine.extension(cursor.byte());
      return;
    case 0x83: // EXT2
      machine.extension(cursor.uint16());
      return;
    case 0x84: // EXT4
      machine.extension(cursor.uint32());
      return;
    case 0x52: // REDUCE
    case 0x81: // NEWOBJ
      machine.call();
      return;
    case 0x92: // NEWOBJ_EX
      machine.callWithKeywords();
      return;
    case 0x62: // BUILD
      machine.build();
      return;
    case 0x51: // BINPERSID
      machine.persistent();
      return;

    default:
      machine.fail(
        `byte ${cursor.position - 1} is ${opcode}, no opcode that torch.save writes for plain data`,
      );
  }
}
