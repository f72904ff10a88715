import { expect, test } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { bytesSource } from '../../src/weights/byte-source.ts';
import { openArchive } from '../../src/weights/open.ts';
import { readSafetensors, writeSafetensors } from '../../src/weights/safetensors.ts';
import { storedZip } from '../support/stored-zip.ts';
import { fixtureBytes } from './pytorch/support.ts';

const pointer = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 102530333
`;
const notFound = '{"error":"Repository not found"}';

// First bytes as the programs' own documentation has them.
test.each([
  [
    'a Git LFS pointer',
    pointer,
    /a Git LFS pointer, which stands for a file of 102530333 bytes: run git lfs pull/,
  ],
  [
    'a login page',
    '\ufeff\n<!DOCTYPE html>\n<html><head><title>Sign in</title>',
    /a page of the web \('Sign in'\).*download it anew/,
  ],
  ['a page without a title', '<html lang="en">', /a page of the web, as a download gives that failed/],
  [
    'an answer of S3',
    '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code>',
    /an XML document \('AccessDenied'\).*refuse a download/,
  ],
  ['an answer of the hub', notFound, /JSON text \('Repository not found'\), as servers answer/],
  ['a configuration', '{\n  "architecture": "resnet50"', /JSON text and holds no weights/],
  [
    'an index of shards',
    '{"metadata": {"total_size": 9}, "weight_map": {',
    /the index of weights in several files/,
  ],
  ['gzip', '\x1f\x8b\x08\0', /compressed with gzip: unpack it first/],
  ['xz', '\xfd7zXZ\0\0', /compressed with xz: unpack it first/],
  ['7z', '7z\xbc\xaf\x27\x1c\0', /a 7z archive: unpack it first/],
  ['Keras', '\x89HDF\r\n\x1a\n\0', /an HDF5 file, as Keras writes.*save its weights as safetensors/],
  ['numpy', '\x93NUMPY\x01\0', /an array of numpy's/],
  ['GGUF', 'GGUF\x03\0\0\0', /a GGUF file/],
  ['ONNX', '\x08\x07\x12\x07pytorch\x1a', /a network of ONNX's/],
  ['TensorFlow', '\x08\x01\x12\x80\x01\n', /a SavedModel of TensorFlow's/],
  ['TensorFlow Lite', '\x1c\0\0\0TFL3\x14', /a network of TensorFlow Lite's/],
  [
    'scikit-learn',
    '\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x1esklearn.linear_model',
    /a pickle of Python's \(sklearn\) and not torch\.save's/,
  ],
  ['a picture', '\xff\xd8\xff\xe0\0\x10JFIF', /a JPEG picture: expected a file of weights/],
])('%s', async (_, text, message) => {
  // prettier-ignore
  const bytes = Uint8Array.from(Buffer.from(text, text.startsWith('\ufeff') ? 'utf8' : 'latin1'));
  await refusal(bytes, message);
  // Wherever tensors are read, not only where any format will do.
  await expect(readSafetensors(bytes, 'w.pth')).rejects.toThrow(message);
});

test.each([
  ['Keras', 'model.weights.h5', /is a Keras archive/],
  ['numpy', 'conv1.weight.npy', /is an archive of numpy's/],
  ['a checkpoint in an archive', 'run/best.pth', /unpack it, and give the file of weights in it/],
])('a zip archive of %s', async (_, record, message) => {
  await refusal(storedZip(new Map([[record, Uint8Array.of(1)]])), message);
});

test.each([
  [
    'safetensors',
    await writeSafetensors(new Map([['x', { dtype: 'F32', shape: [4], data: new Float32Array(4) }]])),
    /promises 16 bytes of tensors, the file has 15/,
  ],
  ['a zip archive', fixtureBytes('zip-state.pth'), /truncated or a damaged zip archive/],
  ['the older stream', fixtureBytes('legacy-state.pth'), /is truncated: storage/],
])('%s cut short says to get it anew', async (_, bytes, message) => {
  // prettier-ignore
  const line = await refusal(bytes.subarray(0, -1), message);
  expect(line).toMatch(/get it anew/);
});

async function refusal(bytes: Uint8Array, message: RegExp): Promise<string> {
  const error: unknown = await openArchive(bytesSource(bytes, 'w.pth')).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CardinalError);
  const line = (error as CardinalError).message;
  expect(line).toMatch(message);
  expect(line).toMatch(/^w\.pth .{1,400}$/);
  return line;
}
