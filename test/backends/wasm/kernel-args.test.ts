import { readFile } from 'node:fs/promises';
import asc from 'assemblyscript/asc';
import { expect, test } from 'vitest';
import { classNameOf, kernelArgsText } from '../../../scripts/kernel-args.ts';
import {
  f32,
  f64,
  flag,
  indexOfFields,
  int,
  kernelArgs,
  optionalPointer,
  pointer,
  toWords,
  type KernelArgs,
} from '../../../src/backends/wasm/args/definition.ts';
import * as definitions from '../../../src/backends/wasm/args/index.ts';
import * as lineageDefinitions from '../../../src/backends/wasm/args/lineage.ts';
import { nativeKernels } from '../../../src/backends/wasm/blas-kernels.ts';

const defined: readonly KernelArgs[] = Object.values(definitions);
const ofLineage: readonly KernelArgs[] = Object.values(lineageDefinitions);

const example = kernelArgs('example', {
  source: pointer('where'),
  count: int('how many', 'floats'),
  momentum: f64('a double that begins at byte 8'),
  epsilon: f32('how much'),
  decay: f64('a double that begins at byte 20, not a multiple of 8'),
  residual: optionalPointer('what else'),
  bias: optionalPointer('and what else'),
  transposed: flag('whether'),
});

const values = {
  ...{ source: 0xfffff000, count: -3, momentum: 0.1, epsilon: 0.25, decay: Math.PI },
  ...{ residual: undefined, bias: 64, transposed: true },
};

test('arguments lie one behind the other in words, a double in two', () => {
  const view = new DataView(Int32Array.from(toWords(example, values)).buffer);
  expect(view.byteLength).toBe(40);
  expect(view.getUint32(0, true)).toBe(0xfffff000);
  expect(view.getInt32(4, true)).toBe(-3);
  expect(view.getFloat64(8, true)).toBe(0.1);
  expect(view.getFloat32(16, true)).toBe(0.25);
  expect(view.getFloat64(20, true)).toBe(Math.PI);
  expect(view.getUint32(28, true)).toBe(0);
  expect(view.getUint32(32, true)).toBe(64);
  expect(view.getInt32(36, true)).toBe(1);
});

test('the order is that of the definition, not of the values', () => {
  const reversed = Object.fromEntries(Object.entries(values).reverse()) as typeof values;
  expect(toWords(example, reversed)).toEqual(toWords(example, values));
});

test.each([
  ...['full-simd', 'full-relaxed', 'full-wide'].map((build) => ({ build, kernels: defined })),
  ...['simd', 'relaxed'].map((build) => ({
    build,
    kernels: defined.filter((one) => !ofLineage.includes(one)),
  })),
])(
  'every kernel has a definition, and every definition a kernel, among the $build kernels',
  async ({ build, kernels }) => {
    const file = new URL(`../../../dist/kernels/kernels-${build}.wasm`, import.meta.url);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
    const { instance } = await WebAssembly.instantiate(await readFile(file), { env: { memory } });
    // The module's other functions, which only kernels call, take four arguments and more.
    const ofModule = Object.entries(instance.exports).flatMap(([name, kernel]) =>
      typeof kernel === 'function' && kernel.length <= 3 ? [name] : [],
    );
    const native = nativeKernels(() => () => undefined, memory, instance);
    const names = [...ofModule, ...Object.keys(native)];
    expect(names.sort()).toEqual(kernels.map(({ kernel }) => kernel).sort());
  },
);

/** What a generated class reads of the arguments at an address, as functions of a module: `<kernel>_<field>`. */
async function openReaders(memory: WebAssembly.Memory): Promise<WebAssembly.Exports> {
  const functions = defined.flatMap(({ kernel, fields }) =>
    Object.entries(fields).map(([name, { type }]) => {
      const result = { bool: 'i32', 'i32[]': 'usize', i32: 'i32', usize: 'usize', f32: 'f32', f64: 'f64' }[
        type
      ];
      return `export function ${kernel}_${name}(args: ${classNameOf(kernel)}): ${result} { return args.${name}; }`;
    }),
  );
  // The compiler warns of exported classes.
  const source = [kernelArgsText().replaceAll(/^export /gm, ''), ...functions].join('\n');
  let compiled: Uint8Array<ArrayBuffer> | undefined;
  const { error } = await asc.main(
    ['readers.ts', '--outFile', 'readers.wasm', '--runtime', 'stub', '--importMemory'],
    {
      stderr: process.stderr,
      readFile: (name) => (name === 'readers.ts' ? source : null),
      writeFile: (_, contents) => {
        if (typeof contents !== 'string') compiled = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || compiled === undefined) throw error ?? new Error('nothing was compiled');
  const { instance } = await WebAssembly.instantiate(compiled, { env: { memory } });
  return instance.exports;
}

test('a kernel reads each field where its definition has it', async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const readers = await openReaders(memory);
  const view = new DataView(memory.buffer);
  const at = 1024;
  // Numbers of which no two words are the same, nor two that follow each other read as a double: small, positive floats.
  for (let word = 0; word < 256; word++) view.setFloat32(at + 4 * word, 1 + word, true);
  for (const { kernel, fields } of defined) {
    for (const [name, index] of indexOfFields({ fields })) {
      const place = at + 4 * index;
      const read = readers[`${kernel}_${name}`] as (args: number) => number;
      const expected = {
        'i32[]': () => place,
        f64: () => view.getFloat64(place, true),
        f32: () => view.getFloat32(place, true),
        ...{ i32: () => view.getInt32(place, true), bool: () => view.getInt32(place, true) },
        usize: () => view.getInt32(place, true),
      }[fields[name].type];
      expect(read(at), `${kernel}: ${name}`).toBe(expected());
    }
  }
});
