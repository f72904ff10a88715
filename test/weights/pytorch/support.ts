import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod/mini';
import { parseJson } from '../../../src/base/validate.ts';
import type { TensorArchive } from '../../../src/weights/archive.ts';
import { bytesSource, type ByteSource } from '../../../src/weights/byte-source.ts';
import { openPyTorch } from '../../../src/weights/pytorch/open.ts';

const folder = new URL('../../fixtures/pytorch/', import.meta.url);
const objectsFolder = new URL('../../fixtures/pytorch-objects/', import.meta.url);

/** The fixtures of `scripts/fixtures/pytorch_files.py`. */
export const fixtures: readonly string[] = readdirSync(folder).filter((name) => /\.pth?$/.test(name));

/** Those of `scripts/fixtures/pytorch_objects.py`. */
export const objectFixtures: readonly string[] = readdirSync(objectsFolder).filter((name) =>
  /\.pth?$/.test(name),
);

/** What PyTorch reads from a fixture, by name: tensors in order, elements in base64. */
export const expected = readExpected(folder);
export const expectedOfObjects = readExpected(objectsFolder);

function readExpected(from: URL) {
  return parseJson(
    z.record(
      z.string(),
      z.record(z.string(), z.object({ dtype: z.string(), shape: z.array(z.number()), data: z.string() })),
    ),
    readFileSync(new URL('expected.json', from), 'utf8'),
    'expected.json',
  );
}

export function fixtureBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, objectFixtures.includes(name) ? objectsFolder : folder)));
}

export function fixture(name: string): ByteSource {
  return bytesSource(fixtureBytes(name), name);
}

export function openFixture(name: string): Promise<TensorArchive> {
  return openPyTorch(fixture(name));
}
