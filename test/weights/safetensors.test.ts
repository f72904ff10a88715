import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import type { StateDict } from '../../src/base/tensor-data.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { seed } from '../support/seed.ts';

/** A file made by hand, so that what the reader must refuse can be written at all. */
function file(header: unknown, data: Uint8Array | number = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

function tensor(dtype: string, shape: number[], begin: number, end: number): object {
  return { dtype, shape, data_offsets: [begin, end] };
}

/** A number, as a header has it. */
const f32 = JSON.stringify(tensor('F32', [1], 0, 4));

describe('round trip', () => {
  test('names, shapes, bits and metadata come back', async () => {
    const rng = Rng.of(seed);
    const tensors: StateDict = new Map();
    for (const [index, shape] of [[], [0], [7], [3, 0, 2], [2, 3, 5, 1]].entries()) {
      const count = shape.reduce((product, size) => product * size, 1);
      tensors.set(`layer${index}.weight`, {
        dtype: 'F32',
        shape,
        // Any bits, NaNs and denormals included.
        data: new Float32Array(Uint32Array.from({ length: count }, () => rng.uint32()).buffer),
      });
      tensors.set(`layer${index}.count`, { dtype: 'I64', shape: [], data: BigInt64Array.of(-3n) });
    }
    tensors.set('10', { dtype: 'F32', shape: [1], data: Float32Array.of(10) });
    tensors.set('2 "quoted"\n', { dtype: 'F32', shape: [1], data: Float32Array.of(2) });
    const metadata = { note: 'ü "quoted"\n', epoch: '3' };
    const bytes = await writeSafetensors(tensors, metadata);
    const back = await readSafetensors(bytes);
    expect(Object.fromEntries(back.metadata), `seed ${seed}`).toEqual(metadata);
    expect([...back.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, { dtype, shape, data }] of tensors) {
      const other = back.tensors.get(name);
      expect(other, name).toMatchObject({ dtype, shape });
      expect(bitsOf(other?.data ?? new Float32Array()), `${name}, seed ${seed}`).toEqual(bitsOf(data));
    }
  });

  test('an unaligned view of a larger buffer is read', async () => {
    const bytes = await writeSafetensors(
      new Map([['x', { dtype: 'F32', shape: [1], data: Float32Array.of(1.5) }]]),
    );
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect((await readSafetensors(larger.subarray(3))).tensors.get('x')?.data).toEqual(Float32Array.of(1.5));
  });

  test('data begins at a multiple of 8, and every tensor at a multiple of its element size', async () => {
    const bytes = await writeSafetensors(
      new Map([
        ['a', { dtype: 'F32', shape: [1], data: Float32Array.of(1) }],
        ['b', { dtype: 'I64', shape: [1], data: BigInt64Array.of(2n) }],
      ]),
    );
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const text = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    const header = new Map(Object.entries(JSON.parse(text) as Record<string, unknown>));
    header.delete('__metadata__');
    expect(Object.fromEntries(header)).toEqual({
      b: tensor('I64', [1], 0, 8),
      a: tensor('F32', [1], 8, 12),
    });
  });
});

function bitsOf(data: Float32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}

test.each([
  // Bits of 1, −2, the smallest denormal, ∞ as IEEE 754 binary16 has them.
  ['F16', Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00), [1, -2, 2 ** -24, Infinity]],
  ['BF16', Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x4049), [1, -2, Infinity, 3.140625]],
  ['F64', Float64Array.of(1, -2, 0.1, 1e300), [1, -2, Math.fround(0.1), Infinity]],
  ['I64', BigInt64Array.of(1n, -2n, 0n, 2n ** 62n), [1n, -2n, 0n, 2n ** 62n]],
  ['I32', Int32Array.of(1, -2, 0, 2 ** 30), [1n, -2n, 0n, 2n ** 30n]],
  ['U8', Uint8Array.of(1, 2, 0, 255), [1n, 2n, 0n, 255n]],
  ['I8', Int8Array.of(1, -2, 0, 127), [1n, -2n, 0n, 127n]],
  ['BOOL', Uint8Array.of(1, 0, 0, 1), [1n, 0n, 0n, 1n]],
])('%s is read', async (dtype, data, expected) => {
  const bytes = file({ x: tensor(dtype, [2, 2], 0, data.byteLength) }, new Uint8Array(data.buffer));
  const read = (await readSafetensors(bytes)).tensors.get('x');
  expect([...(read?.data ?? [])]).toEqual(expected);
  expect(read?.shape).toEqual([2, 2]);
});

test.each<[string, Uint8Array, RegExp]>([
  ['an empty file', new Uint8Array(0), /not a safetensors file: 0 bytes/],
  [
    'another format',
    new TextEncoder().encode('PK\u0003\u0004 a zip archive'),
    /header would be \d+ bytes, the limit/,
  ],
  [
    'a cut header',
    file({ x: tensor('F32', [1], 0, 4) }, 4).subarray(0, 20),
    /truncated.*end at byte \d+, the file at 20/,
  ],
  ['a header that is not JSON', file('{"x":'), /the header is not JSON/],
  ['a header that is not UTF-8', file('{"\u00fc":1}').fill(0xff, 10, 12), /the header is not UTF-8/],
  ['a header that is a list', file([]), /the header is not JSON that begins with \{/],
  ['a header behind a space', file(' {}'), /the header is not JSON that begins with \{/],
  ['a header behind a byte order mark', file('\ufeff{}'), /the header is not JSON that begins with \{/],
  ['a header with something behind it', file('{}\0'), /the header is not JSON/],
  ['metadata that is not text', file({ __metadata__: { epoch: 3 } }), /__metadata__: epoch: expected text/],
  ['a tensor without a shape', file({ x: { dtype: 'F32', data_offsets: [0, 0] } }), /'x': shape: /],
  ['a fractional size', file({ x: tensor('F32', [1.5], 0, 6) }, 6), /'x': shape\.0: .*int/i],
  ['a negative size', file({ x: tensor('F32', [-1], 0, 4) }, 4), /'x': shape\.0: /],
  [
    'a small float of a wrong size',
    file({ x: tensor('F8_E4M3', [2], 0, 1) }, 1),
    /'x' is 2 F8_E4M3, which takes 2 bytes, but has 1/,
  ],
  ['half a byte', file({ x: tensor('F4', [3], 0, 2) }, 2), /'x' is 3 F4, which takes 1\.5 bytes, but has 2/],
  [
    'offsets the wrong way round',
    file({ x: tensor('F32', [0], 4, 0) }, 4),
    /end \(0\) lies before its begin \(4\)/,
  ],
  [
    'truncated data',
    file({ x: tensor('F32', [2], 0, 8) }, 7),
    /is truncated: its header promises 8 bytes of tensors, the file has 7: .*get it anew/,
  ],
  [
    'a gap',
    file({ x: tensor('F32', [1], 4, 8) }, 8),
    /begins at byte 4 of the data, expected 0: there is a gap/,
  ],
  [
    'an overlap',
    file({ x: tensor('F32', [2], 0, 8), y: tensor('F32', [1], 4, 8) }, 8),
    /'y' begins at byte 4 of the data, expected 8: tensors overlap/,
  ],
  [
    'a wrong size',
    file({ x: tensor('F32', [2, 3], 0, 8) }, 8),
    /'x' is 2×3 F32, which takes 24 bytes, but has 8/,
  ],
  [
    'two tensors of one name',
    file(`{"x":${f32},"x":${f32}}`, 4),
    /the header has 'x' twice, and programs differ in/,
  ],
  [
    'one name written in two ways',
    file(`{"x":${f32},"y":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"\\u0078":${f32}}`, 4),
    /the header has 'x' twice/,
  ],
  ['metadata twice', file(`{"__metadata__":{"a":"1"},"__metadata__":{"a":"2"}}`), /has '__metadata__' twice/],
  ['a key of the metadata twice', file(`{"__metadata__":{"a":"1","a":"2"}}`), /the header has 'a' twice/],
  [
    'a field of a tensor twice',
    file(`{"x":{"dtype":"F64","dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
    /the header has 'dtype' twice/,
  ],
  ['__proto__ twice', file(`{"__proto__":${f32},"__proto__":${f32}}`, 4), /the header has '__proto__' twice/],
  ['metadata that is a list', file({ __metadata__: ['a'] }), /__metadata__: expected an object of texts/],
  ['a field that no tensor has', file({ x: { ...tensor('F32', [1], 0, 4), name: 'x' } }, 4), /'x': .*name/],
  [
    'a size with an exponent',
    file(`{"x":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}`, 4),
    /signs, fractions or exponents/,
  ],
  [
    'a size beyond exact numbers',
    file(`{"x":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}`, 4),
    /'x': shape\.0/,
  ],
  [
    'sizes that overflow before a zero comes',
    file({ x: tensor('F32', [...Array.from({ length: 40 }, () => 2 ** 52), 0], 0, 0) }),
    /takes uncountable bytes, but has 0/,
  ],
  [
    '65 dimensions',
    file(
      {
        x: tensor(
          'F32',
          Array.from({ length: 65 }, () => 1),
          0,
          4,
        ),
      },
      4,
    ),
    /'x' has 65 dimensions, the limit is 64/,
  ],
  [
    'a name of 1001 characters',
    file({ ['n'.repeat(1001)]: tensor('F32', [1], 0, 4) }, 4),
    /has a name of 1001 characters, the limit is 1000/,
  ],
  ['a name that is no text', file(`{"\\ud800":${f32}}`, 4), /has a name with half a character in it/],
  ['a header nested deeply', file(`{"x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), /'x': /],
  [
    'a header of more than 100 MB',
    Uint8Array.of(1, 0xe1, 0xf5, 5, 0, 0, 0, 0, 0x7b),
    /its header would be 100000001 bytes, the limit is 100000000/,
  ],
  [
    'bytes of no tensor',
    file({ x: tensor('F32', [1], 0, 4) }, 9),
    /5 bytes after the last tensor belong to none/,
  ],
])('%s is refused in one line', async (_, bytes, message) => {
  const error: unknown = await readSafetensors(bytes, 'w.safetensors').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CardinalError);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).toMatch(/^w\.safetensors/);
  expect((error as Error).message).not.toContain('\n');
});

test('tensors of types that are not read are named and left out, whatever the type', async () => {
  const others = { F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1, C64: 8, U64: 8, toString: 3, F9_NEW: 5 };
  let end = 4;
  const header: Record<string, object> = { weight: tensor('F32', [1], 0, 4) };
  for (const [dtype, bytes] of Object.entries(others)) {
    header[dtype] = tensor(dtype, [1], end, end + bytes);
    end += bytes;
  }
  header['F4'] = tensor('F4', [2, 3], end, end + 3);
  header['F6'] = tensor('F6_E2M3', [4], end + 3, end + 6);
  header['__metadata__'] = null as unknown as object;
  const bytes = file(header, end + 6);
  bytes.set(new Uint8Array(Float32Array.of(1.5).buffer), bytes.length - end - 6);
  const read = await readSafetensors(bytes);
  const opened = await openSafetensors(bytesSource(bytes, 'w.safetensors'));
  for (const { unreadable, tensors, metadata } of [read, opened]) {
    expect([...tensors.keys()]).toEqual(['weight']);
    expect([...metadata]).toEqual([]);
    expect(Object.fromEntries(unreadable)).toEqual({
      ...Object.fromEntries(Object.keys(others).map((type) => [type, { type, shape: [1] }])),
      F4: { type: 'F4', shape: [2, 3] },
      F6: { type: 'F6_E2M3', shape: [4] },
    });
  }
  expect(read.tensors.get('weight')?.data).toEqual(Float32Array.of(1.5));
});

test('names that mean something to JavaScript are names', async () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0'];
  const fields = names.map(
    (name, index) =>
      `${JSON.stringify(name)}:${JSON.stringify(tensor('F32', [1], 4 * index, 4 * index + 4))}`,
  );
  const metadata = '"__metadata__":{"__proto__":"a","constructor":"b"}';
  const bytes = file(`{${[metadata, ...fields].join(',')}}  `, 4 * names.length);
  const read = await readSafetensors(bytes);
  const opened = await openSafetensors(bytesSource(bytes, 'w.safetensors'));
  for (const archive of [read, opened]) {
    expect([...archive.tensors.keys()]).toEqual(names);
    expect([...archive.metadata]).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  }
});
