/**
 * Files made to take memory or time out of all proportion, or to be read as something else than they are. Random damage
 * hardly ever finds these.
 */
import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import type { TensorArchive } from '../../src/weights/archive.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { openPyTorch } from '../../src/weights/pytorch/open.ts';
import { pickle, tensor, uint32 } from '../support/pickle.ts';
import { storedZip } from '../support/stored-zip.ts';

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
    expect(await refusal(pickle(']'.repeat(5_000_001), '.'))).toMatch(/more than \d+ steps/);
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

test.each([
  ['builtins', 'eval'],
  ['builtins', 'getattr'],
  ['os', 'system'],
  ['torch.storage', '_load_from_bytes'],
  ['torch', 'load'],
  ['collections', 'OrderedDict.__init__'],
  ['__builtin__', '__import__'],
  ['torch.hub', 'load\u2028line'],
])('%s.%s is refused by name, called or not', async (module, name) => {
  for (const rest of ['.', ')R.', ')\x81.']) {
    const data = pickle(Buffer.from(`c${module}\n${name}\n`, 'utf8'), rest);
    expect(await refusal(data)).toContain(`uses '${module}.${name.replace('\u2028', '\\u2028')}'`);
  }
  const data = pickle(Buffer.from(`X`), uint32(module.length), module, 'X', uint32(Buffer.byteLength(name)), Buffer.from(name), '\x93.'); // prettier-ignore
  expect(await refusal(data)).toContain(`uses '${module}.`);
});
