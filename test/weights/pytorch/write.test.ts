import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Rng } from '../../../src/base/rng.ts';
import type { TensorEntry } from '../../../src/weights/archive.ts';
import { bytesSource } from '../../../src/weights/byte-source.ts';
import { elementBytes, type Dtype } from '../../../src/weights/dtypes.ts';
import { openPyTorch } from '../../../src/weights/pytorch/open.ts';
import { pytorchParts } from '../../../src/weights/pytorch/write.ts';
import { entryOf, openSafetensors, safetensorsParts } from '../../../src/weights/safetensors.ts';
import { openFileSource } from '../../../src/node/byte-source.ts';
import { seed } from '../../support/seed.ts';
import { findPython } from '../../support/python.ts';
import { fixture } from './support.ts';

const dtypes: readonly Dtype[] = ['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL'];
const shapes = [[], [0], [7], [2, 0, 3], [4, 3, 2, 5]];

/** Tensors of every type and shape, with any bits. */
function tensors(): Map<string, TensorEntry> {
  const rng = Rng.of(seed);
  const made = new Map<string, TensorEntry>();
  for (const dtype of dtypes) {
    for (const shape of shapes) {
      const bytes = shape.reduce((product, size) => product * size, elementBytes(dtype));
      const data = Uint8Array.from({ length: bytes }, () => rng.int(dtype === 'BOOL' ? 2 : 256));
      made.set(`${dtype}.${shape.join('x')}`, entryOf({ dtype, shape, data }));
    }
  }
  made.set('ü "quoted"\n', entryOf({ dtype: 'U8', shape: [1], data: Uint8Array.of(5) }));
  return made;
}

async function written(entries: ReadonlyMap<string, TensorEntry>): Promise<Uint8Array> {
  return joined(pytorchParts(entries));
}

async function joined(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return new Uint8Array(Buffer.concat(all));
}

describe('what we write', () => {
  test('is what we read: names, order, types, shapes and bits', async () => {
    const entries = tensors();
    const archive = await openPyTorch(bytesSource(await written(entries), 'w.pth'));
    expect([...archive.tensors.keys()]).toEqual([...entries.keys()]);
    for (const [name, entry] of entries) {
      expect(await archive.tensors.get(name)?.read(), `${name}, seed ${seed}`).toEqual(await entry.read());
    }
  });

  test('has the elements at multiples of 64 bytes, and is the same every time', async () => {
    const bytes = Buffer.from(await written(tensors()));
    expect(Buffer.from(await written(tensors())).equals(bytes)).toBe(true);
    for (let key = 0; key < dtypes.length * shapes.length; key++) {
      // The header of a record: the name at byte 30, its length at 26, that of what is between it and the elements at 28.
      const header = bytes.indexOf(`archive/data/${key}`, 0, 'latin1') - 30;
      expect(
        (header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28)) % 64,
        `${key}`,
      ).toBe(0);
    }
  });

  test('holds one tensor at a time', async () => {
    let read = 0;
    let taken = 0;
    const entries = new Map(
      Array.from({ length: 20 }, (_, index): [string, TensorEntry] => [
        `t${index}`,
        {
          dtype: 'U8',
          shape: [100_000],
          read: () => {
            read += 100_000;
            expect(read - taken).toBeLessThanOrEqual(100_000);
            return Promise.resolve({ dtype: 'U8', shape: [100_000], data: new Uint8Array(100_000) });
          },
        },
      ]),
    );
    for await (const part of pytorchParts(entries)) taken += part.length;
    expect(read).toBe(2_000_000);
  });

  test('a checkpoint of PyTorch comes through, big-endian and strided tensors, too', async () => {
    for (const name of ['legacy-views.pth', 'zip-checkpoint.pth', 'zip-big-endian.pth']) {
      const before = await openPyTorch(fixture(name));
      const after = await openPyTorch(bytesSource(await written(before.tensors), 'w.pth'));
      for (const [key, entry] of before.tensors) {
        expect(await after.tensors.get(key)?.read(), key).toEqual(await entry.read());
      }
    }
  });

  test('types without a storage class are refused before anything is written', async () => {
    const entries = new Map([['x', entryOf({ dtype: 'U16', shape: [1], data: new Uint8Array(2) })]]);
    await expect(written(entries)).rejects.toThrow(/^tensor 'x' is U16.*write safetensors/);
  });

  test('elements that do not fit the shape are refused', async () => {
    const raw = { dtype: 'F32', shape: [2], data: new Uint8Array(4) } as const;
    expect(() => entryOf(raw)).toThrow(/^entryOf: expected 8 bytes for 2 F32, got 4$/);
    const entries = new Map([['x', { ...raw, read: () => Promise.resolve(raw) }]]);
    await expect(written(entries)).rejects.toThrow(
      /^tensor 'x' has 4 bytes of elements, expected 8 for 2 F32/,
    );
  });
});

const found = findPython('torch', 'torchvision');
const python = found ?? '';
const missing = found === undefined;
if (missing)
  console.warn(
    'SKIPPED: no Python has torch and torchvision, so that nothing but our own reader reads what we write',
  );

describe.skipIf(missing)('PyTorch', () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), 'cardinal-pytorch-'));
    onTestFinished(() => {
      rmSync(path, { recursive: true });
    });
    return path;
  }

  test.each(['False', 'True'])('loads what we write, weights_only=%s', async (weightsOnly) => {
    const path = folder();
    const entries = tensors();
    writeFileSync(join(path, 'w.pth'), await written(entries));
    // Its own view of every tensor: type, shape and bytes, the latter by way of numpy.
    const script = `
import collections, json, sys, torch
state = torch.load(sys.argv[1], weights_only=${weightsOnly})
assert type(state) is collections.OrderedDict
def raw(t):
    t = t.view(torch.int16) if t.dtype == torch.bfloat16 else t
    return t.numpy().tobytes().hex()
print(json.dumps([[k, str(t.dtype), list(t.shape), t.is_contiguous(), raw(t)] for k, t in state.items()]))`;
    const found: unknown = JSON.parse(
      execFileSync(python, ['-W', 'ignore', '-c', script, join(path, 'w.pth')], { encoding: 'utf8' }),
    );
    const types: Partial<Record<Dtype, string>> = {
      F64: 'float64',
      F32: 'float32',
      F16: 'float16',
      BF16: 'bfloat16',
      I64: 'int64',
      I32: 'int32',
      I16: 'int16',
      I8: 'int8',
      U8: 'uint8',
      BOOL: 'bool',
    };
    const ours = await Promise.all(
      [...entries].map(async ([name, entry]) => [
        name,
        `torch.${types[entry.dtype] ?? ''}`,
        entry.shape,
        true,
        Buffer.from((await entry.read()).data).toString('hex'),
      ]),
    );
    expect(found, `seed ${seed}`).toEqual(ours);
  });

  test('a network of torchvision takes what we write, strictly', async () => {
    const path = folder();
    const from = join(path, 'from.pth');
    const to = join(path, 'to.pth');
    const make = `
import sys, torch, torchvision
torch.manual_seed(0)
net = torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, [1, 1, 1, 1], groups=4, width_per_group=8)
`;
    const run = (script: string, ...paths: string[]): string =>
      execFileSync(python, ['-W', 'ignore', '-c', make + script, ...paths], { encoding: 'utf8' });
    run('torch.save(net.state_dict(), sys.argv[1])', from);
    const source = await openFileSource(from);
    onTestFinished(() => source.close());
    const { tensors } = await openPyTorch(source);
    writeFileSync(to, await written(tensors));
    const check = `
before = {k: v.clone() for k, v in net.state_dict().items()}
for p in net.parameters(): torch.nn.init.zeros_(p)
print(net.load_state_dict(torch.load(sys.argv[1]), strict=True))
assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())`;
    expect(run(check, to)).toContain('All keys matched');
  });
});

test('safetensors and PyTorch files turn into each other', async () => {
  const entries = tensors();
  const safe = await joined(safetensorsParts(entries));
  const opened = await openSafetensors(bytesSource(safe, 'w.safetensors'));
  const back = await openPyTorch(bytesSource(await written(opened.tensors), 'w.pth'));
  for (const [name, entry] of entries) {
    expect(await back.tensors.get(name)?.read(), `${name}, seed ${seed}`).toEqual(await entry.read());
  }
});
