/**
 * Pickles that the PyTorch which made the fixtures does not write, put together by hand from `pickletools`' opcodes and
 * the sources of other versions.
 */
import { expect, test } from 'vitest';
import type { RawTensor } from '../../../src/weights/dtypes.ts';
import { bytesSource } from '../../../src/weights/byte-source.ts';
import { openPyTorch } from '../../../src/weights/pytorch/open.ts';
import { pickle, tensor, uint32 } from '../../support/pickle.ts';
import { storedZip } from '../../support/stored-zip.ts';

const storage = Uint8Array.from({ length: 16 }, (_, index) => index);

async function read(data: Uint8Array): Promise<{ tensors: Record<string, RawTensor>; metadata: object }> {
  const records = new Map([
    ['any/data.pkl', data],
    ['any/data/0', storage],
  ]);
  const archive = await openPyTorch(bytesSource(storedZip(records), 'w.pth'));
  const tensors: Record<string, RawTensor> = {};
  for (const [name, entry] of archive.tensors) tensors[name] = await entry.read();
  return { tensors, metadata: Object.fromEntries(archive.metadata) };
}

const all = { dtype: 'F32', shape: [4], data: storage };
const whole = tensor(4, 'K\0', 'K\x04\x85', 'K\x01\x85');

test('uint16 tensors of PyTorch 2.3, whose storages have no type', async () => {
  // _rebuild_tensor_v3(storage of 16 bytes, 1, (2,), (3,), False, None, torch.uint16)
  const data = pickle(
    '}U\x01xctorch._utils\n_rebuild_tensor_v3\n((U\x07storagectorch.storage\nUntypedStorage\nU\x010U\x03cpuJ',
    uint32(16),
    'tQK\x01K\x02\x85K\x03\x85\x89Nctorch\nuint16\ntRs.',
  );
  expect((await read(data)).tensors).toEqual({
    x: { dtype: 'U16', shape: [2], data: Uint8Array.of(2, 3, 8, 9) },
  });
});

test('dictionaries as Python 2 pickled them: a list of pairs that are lists', async () => {
  const data = pickle('ccollections\nOrderedDict\n](](U\x01a', whole, 'e](U\x01bK\x05ee\x85R.');
  expect(await read(data)).toEqual({ tensors: { a: all }, metadata: { b: '5' } });
});

test('tensors with attributes, parameters with a state', async () => {
  // _rebuild_from_type_v2(_rebuild_parameter_with_state, Parameter, (data, True, {}, {}), {})
  const data = pickle(
    '}U\x01xctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_parameter_with_state\n',
    'ctorch.nn.parameter\nParameter\n(',
    whole,
    '\x88}}t}tRs.',
  );
  expect((await read(data)).tensors).toEqual({ x: all });
});

test('keys that are no text', async () => {
  // {0: x, -1: x, True: x, None: x, (1, 2): x, 2**64: 7}
  const data = pickle('}(K\0', whole, 'J\xff\xff\xff\xff', whole, '\x88', whole, 'N', whole, 'K\x01K\x02\x86', whole, '\x8a\x09\0\0\0\0\0\0\0\0\x01K\x07u.'); // prettier-ignore
  const { tensors, metadata } = await read(data);
  expect(Object.keys(tensors)).toEqual(['0', '-1', 'True', 'None', '#0']);
  expect(metadata).toEqual({ '18446744073709551616': '7' });
});

test.each([
  ['G\x3f\xb9\x99\x99\x99\x99\x99\x9a', '0.1'],
  ['\x8a\x01\xff', '-1'],
  ['\x8a\0', '0'],
  ['\x8a\x08\0\0\0\0\0\0\0\x80', (-(2n ** 63n)).toString()],
  ['\x8b\x01\0\0\0\x80', '-128'],
  ['M\xff\xff', '65535'],
  ['U\x02\xc3\xbc', 'ü'],
  ['X\x02\0\0\0\xc3\xbc', 'ü'],
  ['ctorch\ndevice\nU\x04cudaK\x01\x86R', 'cuda:1'],
])('scalar %j is %s', async (opcodes, text) => {
  expect((await read(pickle('}U\x01x', opcodes, 's.'))).metadata).toEqual({ x: text });
});
