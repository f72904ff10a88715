/** Files with far more in them than any network has, which must be answered, and soon: by a list of them or by a refusal. */
import { describe, expect, test, vi } from 'vitest';
import { jsonParts, print } from '../../src/cli/output/print.ts';
import { largest, smallest } from '../../src/base/extremes.ts';
import { convertForm } from '../../src/models/convert-form.ts';
import { mayBeNetwork } from '../../src/models/infer.ts';
import { createModel, listModels } from '../../src/models/registry.ts';
import type { TensorEntry } from '../../src/weights/archive.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { fittingModels, optionsFor } from '../../src/weights/fit.ts';
import { requireFit } from '../../src/weights/load.ts';
import type { Described } from '../../src/weights/match.ts';
import { openArchive } from '../../src/weights/open.ts';
import { unwrap } from '../../src/weights/unwrap.ts';

/** More than a call takes arguments. */
const many = 150_000;

function safetensors(names: readonly string[]): Uint8Array {
  const fields = names.map(
    (name, i) => `"${name}":{"dtype":"U8","shape":[1],"data_offsets":[${i},${i + 1}]}`,
  );
  const header = new TextEncoder().encode(`{${fields.join()}}`);
  const bytes = new Uint8Array(8 + header.length + names.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}

function open(names: readonly string[]) {
  return openArchive(bytesSource(safetensors(names), 'w.safetensors'));
}

test('a hundred and fifty thousand tensors', async () => {
  const names = Array.from({ length: many }, (_, index) => `layer${index}.weight`);
  const archive = await open(names);
  expect([...archive.tensors.keys()]).toEqual(names);
  const { tensors } = unwrap(archive);
  expect(fittingModels(tensors)).toEqual([]);
  const load = (): unknown => requireFit(createModel('resnet50'), tensors, { source: 'w.safetensors' });
  expect(load).toThrow(
    /^w\.safetensors: resnet50: .*missing conv1\.weight.* and 262 more; unexpected .* and 149995 more.{1,100}$/,
  );
});

test('a name that begins with ten thousand wrappers', async () => {
  const archive = await open([`${'module.'.repeat(140)}weight`, `${'module.'.repeat(140)}bias`]);
  const { around, path } = unwrap(archive);
  expect(around).toHaveLength(16);
  expect(path.split('.')).toHaveLength(16);
});

test('so many lines and items are printed', () => {
  const written: string[] = [];
  const write = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => written.push(String(text)) > 0);
  const lines = Array.from({ length: many }, (_, index) => `line ${index}`);
  print('first', lines, 'last');
  write.mockRestore();
  expect(written.join('')).toBe(`first\n${lines.join('\n')}\nlast\n`);
  const document = { file: 'w', none: undefined, tensors: lines.map((name) => ({ name, shape: [1] })), notes: ['a\nb'], of: { a: [] } }; // prettier-ignore
  expect([...jsonParts(document)].join('')).toBe(`${JSON.stringify(document, undefined, 2)}\n`);
});

test.each([[[]], [{ a: [1, { b: 2 }] }], ['text'], [null], [[1, 2]]])('a short document: %j', (value) => {
  expect([...jsonParts(value)].join('')).toBe(`${JSON.stringify(value, undefined, 2)}\n`);
});

test('the largest and the smallest of so many numbers', () => {
  const numbers = Array.from({ length: many }, (_, index) => index - 7);
  expect([largest(numbers), smallest(numbers)]).toEqual([many - 8, -7]);
  expect([largest([], 0), largest([-1], 0), smallest([], 5), smallest([9], 5)]).toEqual([0, 0, 5, 5]);
  expect([largest([]), smallest([])]).toEqual([-Infinity, Infinity]);
});

describe('networks that a few names ask for', () => {
  const described = (shapes: Readonly<Record<string, readonly number[]>>): Map<string, Described> =>
    new Map(Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'F32', shape }]));

  test('of a billion paths', () => {
    const tensors = described({
      'conv1.weight': [64, 3, 7, 7],
      'layer1.0.paths.0.conv3.weight': [1, 1, 1, 1],
      'layer2.0.conv3.weight': [1, 1, 1, 1],
      'layer2.0.conv2.weight': [2 ** 30, 1, 0, 3],
    });
    expect(fittingModels(tensors)).toEqual([]);
    expect(optionsFor('resnext', tensors)).not.toHaveProperty('cardinality');
  });

  test('of more paths than can be built', () => {
    expect(() => createModel('resnext', { form: 'a', cardinality: 2 ** 20 })).toThrow(
      /^resnext: form a has 1048576 paths in each of \d+ blocks, at most 100000 in all can be built: use form c/,
    );
  });

  test('paths of large numbers, to be converted', () => {
    const state = new Map(['paths.999999999999.conv1', 'conv3'].map((layer) => [
      `layer1.0.${layer}.weight`,
      { dtype: 'F32' as const, shape: [1, 1, 1, 1], data: new Float32Array(1) },
    ])); // prettier-ignore
    expect(() => convertForm(state, 'c')).toThrow(
      /paths of .*layer1\.0.* to be called 0 to 0, got 999999999999$/,
    );
  });
});

test('every network has a first convolution and a classifier by which it may be known', () => {
  for (const model of listModels()) {
    const shapes = new Map([...createModel(model).stateSpecs()].map(([name, { shape }]) => [name, shape]));
    expect(mayBeNetwork(shapes), model).toBe(true);
  }
});

test('tensors that are read have no names of JavaScript’s', () => {
  const tensors = new Map<string, TensorEntry>(
    ['__proto__', 'constructor', 'toString'].map((name) => [
      name,
      { dtype: 'F32', shape: [1], read: () => Promise.resolve({ dtype: 'F32', shape: [1], data: new Uint8Array(4) }) },
    ]),
  ); // prettier-ignore
  const load = (): unknown => requireFit(createModel('resnet50'), tensors, { source: 'w' });
  expect(load).toThrow(/unexpected __proto__, constructor, toString/);
});
