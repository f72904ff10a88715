/**
 * Files made to take memory or time out of all proportion, or to be read as something else than they are. Random damage
 * hardly ever finds these.
 */
import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../../src/base/errors.ts';
import type { TensorArchive } from '../../../src/weights/archive.ts';
import { bytesSource } from '../../../src/weights/byte-source.ts';
import { openPyTorch } from '../../../src/weights/pytorch/open.ts';
import { readScriptClasses } from '../../../src/weights/pytorch/script-classes.ts';
import { pickle, tensor, uint32 } from '../../support/pickle.ts';
import { storedZip } from '../../support/stored-zip.ts';

function open(data: Uint8Array, elements = 4): Promise<TensorArchive> {
  const records = new Map([
    ['archive/data.pkl', data],
    ['archive/data/0', new Uint8Array(4 * elements).fill(1)],
  ]);
  return openPyTorch(bytesSource(storedZip(records), 'w.pth'));
}

async function refusal(data: Uint8Array): Promise<string> {
  const error: unknown = await open(data).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CardinalError);
  const { message } = error as CardinalError;
  expect(message).toMatch(/^w\.pth.{1,600}$/);
  return message;
}

describe('pickles that grow', () => {
  test('lists in lists, millions deep', async () => {
    const { tensors } = await open(pickle(']'.repeat(100_000), 'a'.repeat(99_999), '.')).catch(
      (error: unknown) => {
        // Names of that depth are too many characters, which is the answer as well.
        expect(error).toBeInstanceOf(CardinalError);
        return { tensors: new Map() };
      },
    );
    expect(tensors.size).toBe(0);
    expect(await refusal(pickle('N0'.repeat(2_500_001), '.'))).toMatch(/more than \d+ steps/);
  });

  test.each([
    ['lists', ']'],
    ['dictionaries', '}'],
    ['sets', '\x8f'],
    ['tuples', ')'],
    ['tuples of one', 'N\x85'],
    ['lists of one', ']Na'],
    ['bytes', 'C\0'],
    ['classes by number', '\x82\x07'],
    ['objects', 'h\0)\x81'],
  ])('a stack of empty %s', async (_, made) => {
    const data = pickle('cm\nC\n\x94', made.repeat(1_500_000), '.');
    expect(await refusal(data)).toMatch(/what it makes takes more than \d+ bytes, far more than a file/);
  });

  test('a list of two of a list of two of …, by the memo', async () => {
    let data = pickle(tensor(4, 'K\0', 'K\x04\x85', 'K\x01\x85'), '\x94');
    for (let level = 0; level < 40; level++)
      data = pickle(
        data,
        Buffer.from(`0](h${String.fromCharCode(level)}h${String.fromCharCode(level)}e\x94`, 'latin1'),
      );
    expect(await refusal(pickle(data, '.'))).toMatch(/names have more than \d+ characters in all/);
  });

  test('a long list copied again and again', async () => {
    const list = pickle('](', 'N'.repeat(50_000), 'e\x94');
    const copies = pickle('cbuiltins\nlist\n\x940', 'h\x01h\0\x85R0'.repeat(1000));
    expect(await refusal(pickle(list, copies, 'N.'))).toMatch(
      /its calls copy \d+ items, far more than it has bytes/,
    );
  });

  test('a long key over a dictionary of many', async () => {
    const key = pickle('X', uint32(100_000), 'k'.repeat(100_000));
    const inner = pickle(
      '}(',
      ...Array.from({ length: 10_000 }, (_, i) => pickle('M', uint32(i).subarray(0, 2), 'N')),
      'u',
    );
    expect(await refusal(pickle('}', key, inner, 's.'))).toMatch(/names have more than/);
  });

  test('an integer of a million bytes', async () => {
    expect(await refusal(pickle('\x8b', uint32(1_000_000), 'i'.repeat(1_000_000), '.'))).toMatch(
      /an integer of 1000000 bytes/,
    );
  });

  test('a text longer than the file', async () => {
    expect(await refusal(pickle('\x8d', new Uint8Array(8).fill(0xff), '.'))).toMatch(
      /truncated or damaged: expected 18446744073709552000 bytes/,
    );
  });

  test('things that hold themselves are entered once', async () => {
    // d = {'l': []}; d['l'].append(d); d['t'] = tensor
    const data = pickle('}\x94U\x01l]h\0asU\x01t', tensor(4, 'K\0', 'K\x04\x85', 'K\x01\x85'), 's.');
    expect([...(await open(data)).tensors.keys()]).toEqual(['t']);
  });
});

describe('tensors that are not what they say', () => {
  const cases: readonly [string, Uint8Array, RegExp][] = [
    ['beyond the storage', tensor(4, 'K\x02', 'K\x03\x85', 'K\x01\x85'), /takes bytes 8 to 20 of a storage that has 16/],
    ['a storage beyond the record', tensor(5, 'K\0', 'K\x01\x85', 'K\x01\x85'), /expected 20 bytes in record 'archive\/data\/0', it has 16/],
    ['strides beyond the storage', tensor(4, 'K\0', 'K\x02K\x02\x86', 'K\x04K\x01\x86'), /takes bytes 0 to 24 of a storage/],
    ['a negative offset', tensor(4, 'J\xff\xff\xff\xff', 'K\x01\x85', 'K\x01\x85'), /the offset of a tensor is -1, expected/],
    ['a negative stride', tensor(4, 'K\0', 'K\x02\x85', 'J\xff\xff\xff\xff\x85'), /the strides of a tensor is -1/],
    ['more strides than dimensions', tensor(4, 'K\0', 'K\x02\x85', 'K\x01K\x01\x86'), /1 dimensions has 2 strides/],
    ['one element a billion times', tensor(4, 'K\0', 'J\0\0\0\x40\x85', 'K\0\x85'), /repeats its elements to 4294967296 bytes, the limit.*clone/],
    ['sizes whose product is no number', tensor(4, 'K\0', `(${'J\xff\xff\xff\x7f'.repeat(60)}t`, `(${'K\0'.repeat(60)}t`), /repeats its elements to Infinity/],
    ['100 dimensions', tensor(4, 'K\0', `(${'K\x01'.repeat(100)}t`, `(${'K\x01'.repeat(100)}t`), /has 100 dimensions, the limit is 64/],
  ]; // prettier-ignore
  test.each(cases)('%s', async (_, data, message) => {
    expect(await refusal(pickle('}U\x01x', data, 's.'))).toMatch(message);
  });

  test('two of one name', async () => {
    const x = tensor(4, 'K\0', 'K\x04\x85', 'K\x01\x85');
    const data = pickle('}(U\x01a}U\x01b', x, 'sU\x03a.b', x, 'u.');
    expect(await refusal(data)).toMatch(/two tensors are called 'a\.b'.*rename a key/);
  });

  test('names with line ends stay on one line', async () => {
    const data = pickle('}U\x03a\nb', tensor(4, 'K\x09', 'K\x04\x85', 'K\x01\x85'), 's.');
    expect(await refusal(data)).toContain(String.raw`tensor 'a\u000ab'`);
  });
});

describe.each([
  ['builtins', 'eval'],
  ['builtins', 'getattr'],
  ['os', 'system'],
  ['torch.storage', '_load_from_bytes'],
  ['torch', 'load'],
  ['collections', 'OrderedDict.__init__'],
  ['__builtin__', '__import__'],
  ['torch.hub', 'load\u2028line'],
])('%s.%s is a name and nothing more', (module, name) => {
  const full = `${module}.${name}`;
  const shown = full.replace(/^(builtins|__builtin__)\./, '');
  const global = pickle(Buffer.from(`c${module}\n${name}\n`, 'utf8'));

  test('mentioned', async () => {
    const { metadata, objects } = await open(pickle('}U\x01x', global, 's.'));
    expect([...metadata, ...objects]).toEqual([['x', full]]);
  });

  // REDUCE, NEWOBJ, NEWOBJ_EX, OBJ, INST, and what comes of it called, given a state, items and keys.
  test.each([
    ...[
      [global, ')R'],
      [global, ')\x81'],
      [global, ')}\x92'],
      ['(', global, 'o'],
    ],
    ['(', Buffer.from(`i${module}\n${name}\n`, 'utf8')],
    [global, ')R)R'],
    [global, ')R}U\x01aK\x01sb'],
    [global, ')R]U\x01aab'],
    [global, ')R(K\x01K\x02e'],
  ])('made: case %#', async (...parts) => {
    const { metadata, objects } = await open(pickle('}U\x01x', ...parts, 's.'));
    expect([[...metadata], [...objects]]).toEqual([[], [['x', shown]]]);
  });

  test('as a dictionary of its own', async () => {
    const { metadata, objects } = await open(pickle('}U\x01x', global, ')\x81U\x01kK\x07ss.'));
    expect([[...metadata], [...objects]]).toEqual([[['x.k', '7']], [['x', shown]]]);
  });
});

test('classes by number, as a registry of the program’s own has them', async () => {
  const { metadata } = await open(pickle('}(U\x01a\x82\x07U\x01b\x83\x01\x01U\x01c\x84\x01\0\x01\0u.'));
  expect(Object.fromEntries(metadata)).toEqual({
    a: 'copyreg extension 7',
    b: 'copyreg extension 257',
    c: 'copyreg extension 65537',
  });
});

test('what is no function cannot be called', async () => {
  expect(await refusal(pickle('K\x01)R.'))).toMatch(/it calls what is no function/);
});

test('objects that hold one another, and many ways to one object', async () => {
  const global = 'cm\nC\n';
  // x = C(); x.self = x; x.t = tensor
  const self = pickle(
    global,
    ')\x81\x94}(U\x04selfh\0U\x01t',
    tensor(4, 'K\0', 'K\x04\x85', 'K\x01\x85'),
    'ub.',
  );
  expect([...(await open(self)).tensors.keys()]).toEqual(['t']);
  // Each object has the one before it in two attributes.
  let data = pickle(tensor(4, 'K\0', 'K\x04\x85', 'K\x01\x85'), '\x94');
  for (let level = 0; level < 40; level++) {
    const index = String.fromCharCode(level);
    data = pickle(data, Buffer.from(`0${global})\x81}(U\x01ah${index}U\x01bh${index}ub\x94`, 'latin1'));
  }
  expect(await refusal(pickle(data, '.'))).toMatch(/names have more than \d+ characters in all/);
});

test('modules in modules, thousands deep, have names of too many characters', async () => {
  // M(): BUILD {_parameters: {}, _buffers: {}, _modules: {'m': M()}}
  const begin = 'h\0)\x81}(U\x0b_parameters}U\x08_buffers}U\x08_modules}U\x01m';
  const data = pickle('cm\nM\n\x94', begin.repeat(5000), 'N', 'sub'.repeat(5000), '.');
  expect(await refusal(data)).toMatch(/names have more than \d+ characters in all/);
});

test('a class of TorchScript may be as long as code may be', async () => {
  const list = '  __parameters__ = ["weight", "bias", ]\n  __buffers__ = ["mean", ]\n';
  const code = `class A(Module):\n${list}${' \n'.repeat(7_900_000)}def f(x):\n${list}class B(Module):\n  __parameters__ = []\n`;
  const record = {
    name: 'm/code/__torch__/a.py',
    size: code.length,
    unpackedSize: code.length,
    isPlain: false,
    verified: true,
    verify: () => Promise.resolve(),
    read: () => Promise.reject(new Error('its text alone is read')),
    contents: () => Promise.resolve(new TextEncoder().encode(code)),
  };
  expect(await readScriptClasses(new Map([[record.name, record]]), 'm/')).toEqual(
    new Map([
      ['__torch__.a.A', new Set(['weight', 'bias', 'mean'])],
      ['__torch__.a.B', new Set()],
    ]),
  );
});
