import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../../src/base/errors.ts';
import type { ByteSource } from '../../../src/weights/byte-source.ts';
import { bytesSource } from '../../../src/weights/byte-source.ts';
import { isPyTorch, pyTorchPrefixBytes } from '../../../src/weights/pytorch/detect.ts';
import { openPyTorch } from '../../../src/weights/pytorch/open.ts';
import { expected, fixture, fixtureBytes, fixtures } from './support.ts';

describe('what PyTorch wrote is read as PyTorch reads it', () => {
  test.each(Object.entries(expected))('%s', async (name, tensors) => {
    const archive = await openPyTorch(fixture(name));
    expect(archive.format).toBe(name.startsWith('zip') ? 'pytorch' : 'pytorch-legacy');
    expect(archive.source).toBe(name);
    expect([...archive.tensors.keys()]).toEqual(Object.keys(tensors));
    for (const [key, entry] of archive.tensors) {
      const { dtype, shape, data } = await entry.read();
      expect({ dtype, shape, data: Buffer.from(data).toString('base64') }, key).toEqual(tensors[key]);
      expect([entry.dtype, entry.shape], key).toEqual([dtype, shape]);
    }
  });
});

test.each(['zip-checkpoint.pth', 'legacy-checkpoint.pth', 'zip-protocol5.pth'])(
  'scalars and text of %s are metadata',
  async (name) => {
    const { metadata } = await openPyTorch(fixture(name));
    expect(Object.fromEntries(metadata)).toMatchObject({
      epoch: '90',
      arch: 'resnext50_32x4d',
      best_prec1: '77.25',
      best_numpy: '0.5',
      'args.lr': '0.1',
      'args.pretrained': 'False',
      'args.resume': 'None',
      'optimizer.param_groups.0.momentum': '0.9',
      big: (2n ** 70n).toString(),
      negative: String(-(2 ** 40)),
      device: 'cpu',
      'counts.a': '2',
      nothing: 'None',
    });
    // Notes of PyTorch's about the versions of layers, positions and classes are nobody's metadata.
    expect([...metadata.keys()].filter((key) => /_metadata|lists|classes|random/.test(key))).toEqual([]);
  },
);

test('every fixture is recognised by its first bytes, and other files are not', () => {
  for (const name of fixtures)
    expect(isPyTorch(fixtureBytes(name).subarray(0, pyTorchPrefixBytes)), name).toBe(true);
  const text = new TextEncoder();
  for (const other of ['', 'P', '\u0080', 'GIF89a', `${'\0'.repeat(8)}{"x":{}}`]) {
    expect(isPyTorch(text.encode(other))).toBe(false);
  }
});

test('a compressed archive is refused in one line', async () => {
  await expectRefusal(
    fixture('refused-compressed.pth'),
    /record 'archive\/data\.pkl' is compressed.*torch\.save/,
  );
});

test.each(['zip-command.pth', 'legacy-command.pth'])(
  'the command in %s is named and not run',
  async (name) => {
    const { tensors, objects } = await openPyTorch(fixture(name));
    expect([...tensors.keys()]).toEqual(['weight']);
    expect(Object.fromEntries(objects)).toEqual({ run: "posix.system('touch /tmp/cardinal-was-here')" });
  },
);

test.each<[string, Uint8Array, RegExp]>([
  ['an empty file', new Uint8Array(0), /is not a PyTorch file/],
  ['a pickle without the magic number', Uint8Array.of(0x80, 2, 0x4e, 0x2e), /is not a PyTorch file/],
  ['a tar archive', tar(), /tar archive, as PyTorch wrote before 0\.1\.10.*save model\.state_dict\(\) again/],
  ['the begin of a zip', Uint8Array.of(0x50, 0x4b, 3, 4), /truncated or a damaged zip archive/],
  ['half a zip', fixtureBytes('zip-state.pth').subarray(0, 2000), /truncated or a damaged zip archive/],
  ['half a stream', fixtureBytes('legacy-state.pth').subarray(0, 400), /pickle is truncated or damaged/],
  [
    'a stream without its last byte',
    fixtureBytes('legacy-state.pth').subarray(0, -1),
    /is truncated: storage/,
  ],
])('%s is refused in one line', async (_, bytes, message) => {
  await expectRefusal(bytesSource(bytes, 'w.pth'), message);
});

const header = 30 + 'zip-views/data/0'.length;
test.each([
  // The first tensor of a storage has all of its 24 floats held against the CRC-32.
  { verify: true, first: [header, 96, 24] },
  { verify: false, first: [header, 24] },
])('a tensor is read from the bytes that it spans and no others: $verify', async ({ verify, first }) => {
  const reads: [number, number][] = [];
  const whole = fixture('zip-views.pth');
  const source: ByteSource = {
    ...whole,
    read: (begin, length) => (reads.push([begin, length]), whole.read(begin, length)),
  };
  const archive = await openPyTorch(source, { verify });
  reads.length = 0;
  // Elements 5 to 10 of a storage of 24 floats; the record's header and name come before.
  await archive.tensors.get('offset')?.read();
  expect(reads.map(([, length]) => length)).toEqual(first);
  await archive.tensors.get('offset')?.read();
  expect(reads.map(([, length]) => length)).toEqual([...first, header, 24]);
});

function tar(): Uint8Array {
  const bytes = new Uint8Array(1024);
  bytes.set(new TextEncoder().encode('ustar'), 257);
  return bytes;
}

async function expectRefusal(source: ByteSource, message: RegExp): Promise<void> {
  const error: unknown = await openPyTorch(source).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CardinalError);
  const text = (error as CardinalError).message;
  expect(text).toMatch(message);
  expect(text.startsWith(source.name)).toBe(true);
  expect(text).not.toContain('\n');
}
