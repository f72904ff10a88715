import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { kernelBuilds, kernelFileName } from '../../../src/backends/wasm/builds.ts';
import { unsharedKernels } from '../../../src/backends/wasm/unshared-kernels.ts';

const memory = (shared: boolean) => new WebAssembly.Memory({ initial: 1, maximum: 1, shared });
const link = (binary: Uint8Array<ArrayBuffer>, shared: boolean) =>
  new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory: memory(shared) } });

test.each(kernelBuilds)('the %s kernels link with either memory by one bit of one byte', async (build) => {
  const binary = new Uint8Array(await readFile(`dist/kernels/${kernelFileName(build)}`));
  const copy = unsharedKernels(binary);
  const changed = [...binary.keys()].filter((index) => copy[index] !== binary[index]);
  expect(changed.map((index) => [binary[index], copy[index]])).toEqual([[3, 1]]);
  expect(copy).toHaveLength(binary.length);
  expect(() => link(copy, true)).toThrow(WebAssembly.LinkError);
  expect(() => link(binary, false)).toThrow(WebAssembly.LinkError);
  expect(Object.keys(link(copy, false).exports)).toEqual(Object.keys(link(binary, true).exports));
});

const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
const section = (id: number, ...content: readonly number[]) => [id, content.length, ...content];
const imported = (kind: number, ...type: readonly number[]) => [...name('env'), ...name('x'), kind, ...type];
/** A type of no parameters and no results. */
const types = section(1, 1, 0x60, 0, 0);
const sharedMemory = imported(2, 3, 1, 0x80, 0x80, 0x04);

test('the flag is found among other imports, and whatever looks like it is left alone', () => {
  const others = [
    ...imported(0, 0),
    ...imported(1, 0x70, 1, 0x83, 0x03, 0x83, 0x03), // A table of 387 to 387 functions.
    ...imported(1, 0x70, 0, 3),
    ...imported(3, 0x7f, 0),
    ...name('\u0003\u0003'),
    ...name('\u0002\u0003\u0001'),
    ...[0, 0],
  ];
  const looksAlike = section(0, ...name('note'), 2, 18, ...sharedMemory);
  const before = [...header, ...looksAlike, ...types];
  const imports = section(2, 6, ...others, ...sharedMemory);
  const binary = Uint8Array.from([...before, ...imports]);
  expect(WebAssembly.validate(binary)).toBe(true);
  const copy = unsharedKernels(binary);
  expect(WebAssembly.validate(copy)).toBe(true);
  const place = binary.length - 5;
  expect([...binary.keys()].filter((index) => copy[index] !== binary[index])).toEqual([place]);
  expect([binary[place], copy[place]]).toEqual([3, 1]);
});

test.each([
  ['no import', header, 'import no shared memory'],
  ['a memory that is not shared', [...header, ...section(2, 1, ...imported(2, 1, 1, 1))], 'import no shared'],
  ['an unknown kind of import', [...header, ...section(2, 1, ...imported(9))], 'unknown kind 9'],
  ['no end', [...header, 2, 20, 1, ...name('env')], 'ends too early'],
])('of %s nothing is made', (_, binary, message) => {
  expect(() => unsharedKernels(Uint8Array.from(binary))).toThrow(message);
});
