/** Zip archives that say one thing here and another there, so that programs read different things out of them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CardinalError } from '../../../src/base/errors.ts';
import { bytesSource, type ByteSource } from '../../../src/weights/byte-source.ts';
import { openZip } from '../../../src/weights/pytorch/zip.ts';
import { storedZip } from '../../support/stored-zip.ts';
import { fixtureBytes } from './support.ts';

const text = new TextEncoder();
const contents: readonly (readonly [string, string])[] = [
  ['a/data.pkl', 'pickle'],
  ['a/data/0', 'weights'],
];

function archive(records = contents): Buffer {
  return Buffer.from(storedZip(new Map(records.map(([name, data]) => [name, text.encode(data)]))));
}

/** Names are of one length, so that one can be written over another. */
function renamed(from: string, to: string, which: 'everywhere' | 'directory' = 'everywhere'): Buffer {
  const bytes = archive([...contents, [from, 'other']]);
  for (let at = bytes.length; (at = bytes.lastIndexOf(from, at - 1)) >= 0;) {
    bytes.write(to, at, 'latin1');
    if (which === 'directory') break;
  }
  return bytes;
}

/** The begin of the nth structure of a kind. */
function find(bytes: Buffer, signature: string, nth = 0): number {
  let at = -1;
  for (let left = nth; left >= 0; left--) at = bytes.indexOf(signature, at + 1, 'latin1');
  return at;
}

const local = 'PK\x03\x04';
const entry = 'PK\x01\x02';
const end = 'PK\x05\x06';

function patched(change: (bytes: Buffer) => unknown, base = archive()): Buffer {
  change(base);
  return base;
}

async function readAll(source: ByteSource): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [name, record] of await openZip(source)) {
    const bytes = await record.read(0, record.size);
    found.set(name, new TextDecoder().decode(bytes));
  }
  return found;
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error: unknown = await readAll(bytesSource(bytes, 'w.pth')).then(
    (found) => found,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CardinalError);
  const { message } = error as CardinalError;
  expect(message).toMatch(/^w\.pth(?: is|:) .{1,400}$/);
  return message;
}

test('an ordinary archive, and one with a comment', async () => {
  expect(await readAll(bytesSource(archive(), 'w.pth'))).toEqual(new Map(contents));
  const plain = archive();
  plain.writeUInt16LE(5, find(plain, end) + 20);
  const noted = Buffer.concat([plain, Buffer.from('notes')]);
  expect(await readAll(bytesSource(noted, 'w.pth'))).toEqual(new Map(contents));
});

describe('is read in different ways:', () => {
  const cases: readonly [string, () => Buffer, RegExp][] = [
    ['two records of one name', () => renamed('a/data/1', 'a/data/0'), /has two records 'a\/data\/0'/],
    ['names that differ in case', () => renamed('a/data.xxx', 'a/DATA.pkl'), /has a record 'a\/data\.pkl' and one 'a\/DATA\.pkl'/],
    ['names that differ in slashes', () => renamed('a/data1/0', 'a/data//0'), /has a record 'a\/data\/0' and one 'a\/data\/\/0'/],
    ['names that differ in the kind of slash', () => renamed('a/data/1', 'a\\data\\0'), /has a record 'a\/data\/0' and one/],
    ['names that differ in a dot', () => renamed('a/dataxx/0', 'a/./data/0'), /has a record 'a\/data\/0' and one/],
    ['names that differ in their composition', () => archive([['a/\u00e9', ''], ['a/e\u0301', '']]), /has a record/],
    ['a name with a NUL', () => renamed('a/data/00', 'a/data/1\0'), /has a record 'a\/data\/1\\u0000'/],
    ['a name that is another one in its header', () => renamed('a/data/2', 'a/data/1', 'directory'), /the directory contradicts the header of record 'a\/data\/1'/],
    ['two ends that reach to the end', () => twoEnds(), /has two ends/],
    ['an end in the comment of another', () => endInComment(), /has two ends|something behind its end/],
    ['records on the same bytes', () => patched((bytes) => bytes.writeUInt32LE(0, find(bytes, entry, 1) + 42)), /has records on the same bytes/],
    ['a record that reaches into the next', () => patched((bytes) => {
      bytes.writeUInt32LE(12, find(bytes, entry) + 20);
      bytes.writeUInt32LE(12, find(bytes, entry) + 24);
    }), /has records on the same bytes, 'a\/data\.pkl' and 'a\/data\/0'/],
    ['a long header that pushes a record over the next', () => patched((bytes) => bytes.writeUInt16LE(9, find(bytes, local) + 28)), /has a record 'a\/data\.pkl' that lies on what follows it/],
    ['a 64-bit end that contradicts', () => patched((bytes) => bytes.writeUInt16LE(1, find(bytes, end) + 10), Buffer.from(fixtureBytes('zip-state.pth'))), /64-bit end that contradicts/],
  ]; // prettier-ignore
  test.each(cases)('%s', async (_, make, message) => {
    expect(await refusal(make())).toMatch(message);
  });
});

describe('is damaged:', () => {
  const cases: readonly [string, () => Buffer, RegExp][] = [
    ['bytes behind the end', () => Buffer.concat([archive(), Buffer.from('x')]), /something behind its end/],
    ['more records than the directory has', () => patched((bytes) => { bytes.writeUInt16LE(3, find(bytes, end) + 8); bytes.writeUInt16LE(3, find(bytes, end) + 10); }), /has no 3 records|has 2 records, expected 3/],
    ['fewer', () => patched((bytes) => { bytes.writeUInt16LE(1, find(bytes, end) + 8); bytes.writeUInt16LE(1, find(bytes, end) + 10); }), /its 1 records take \d+/],
    ['a directory elsewhere', () => patched((bytes) => bytes.writeUInt32LE(0, find(bytes, end) + 16)), /its directory should take bytes 0 to \d+, but it ends at/],
    ['a part of several', () => patched((bytes) => bytes.writeUInt16LE(1, find(bytes, end) + 4)), /one part of several/],
    ['a record outside the file', () => patched((bytes) => bytes.writeUInt32LE(0x7fffffff, find(bytes, entry) + 42)), /record 'a\/data\.pkl' would end behind/],
    ['a record that is too large', () => patched((bytes) => bytes.writeUInt32LE(0x7fffffff, find(bytes, entry) + 20)), /record 'a\/data\.pkl' would end behind/],
    ['a stored record of two sizes', () => patched((bytes) => bytes.writeUInt32LE(1, find(bytes, entry) + 24)), /has 6 bytes that become 1/],
    ['a 64-bit size that is not there', () => patched((bytes) => bytes.writeUInt32LE(0xffffffff, find(bytes, entry) + 20)), /a 64-bit number of record 'a\/data\.pkl' is missing/],
    ['a name beyond the directory', () => patched((bytes) => bytes.writeUInt16LE(0xffff, find(bytes, entry, 1) + 28)), /its directory ends within a record/],
    ['no header', () => patched((bytes) => bytes.writeUInt32LE(0, find(bytes, local))), /there is no sign of the header of record 'a\/data\.pkl', at byte 0/],
    ['another size in the header', () => patched((bytes) => bytes.writeUInt32LE(5, find(bytes, local) + 18)), /the directory contradicts the header/],
    ['another checksum in the header', () => patched((bytes) => bytes.writeUInt32LE(5, find(bytes, local) + 14)), /the directory contradicts the header/],
    ['encrypted in the header alone', () => patched((bytes) => bytes.writeUInt16LE(1, find(bytes, local) + 6)), /the directory contradicts the header/],
    ['compressed in the header alone', () => patched((bytes) => bytes.writeUInt16LE(8, find(bytes, local) + 8)), /the directory contradicts the header/],
    ['a 64-bit end elsewhere', () => patched((bytes) => bytes.writeUInt32LE(1, find(bytes, 'PK\x06\x07') + 8), Buffer.from(fixtureBytes('zip-state.pth'))), /its 64-bit end is not where it should be/],
  ]; // prettier-ignore
  test.each(cases)('%s', async (_, make, message) => {
    expect(await refusal(make())).toMatch(message);
  });
});

test('an encrypted record is told from a damaged one', async () => {
  const bytes = patched((all) => {
    all.writeUInt16LE(1, find(all, local) + 6);
    all.writeUInt16LE(1, find(all, entry) + 8);
  });
  expect(await refusal(bytes)).toMatch(/^w\.pth: record 'a\/data\.pkl' is compressed or encrypted/);
});

/** What Python's zipfile writes, in one go and with 64-bit sizes: as large archives and pipes have them. */
test('sizes of 64 bits and behind the records', async ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), 'cardinal-zip-'));
  const script = `
import sys, zipfile
class Pipe:
    def __init__(self, file): self.file = file
    def write(self, data): return self.file.write(data)
    def flush(self): self.file.flush()
for name, wrap in (('seekable', lambda f: f), ('piped', Pipe)):
    with open(sys.argv[1] + '/' + name, 'wb') as file, zipfile.ZipFile(wrap(file), 'w') as z:
        with z.open('a/data/0', 'w', force_zip64=True) as record: record.write(b'weights')
        z.writestr('a/version', '3')
`;
  try {
    execFileSync('python3', ['-c', script, folder], { stdio: 'pipe' });
  } catch {
    skip('no python3 here, which writes these archives');
  }
  for (const name of ['seekable', 'piped']) {
    const found = await readAll(bytesSource(new Uint8Array(readFileSync(join(folder, name))), name));
    expect(found).toEqual(new Map([['a/data/0', 'weights'], ['a/version', '3']])); // prettier-ignore
  }
  rmSync(folder, { recursive: true });
});

/** Two whole archives in one file: the second one's numbers fit its own place only if nothing was before it. */
function twoEnds(): Buffer {
  const bytes = archive();
  const copy = Buffer.from(bytes.subarray(find(bytes, end)));
  bytes.writeUInt16LE(copy.length, find(bytes, end) + 20);
  return Buffer.concat([bytes, copy]);
}

/** The comment holds the signature of an end that does not reach to the end of the file. */
function endInComment(): Buffer {
  const bytes = archive();
  const comment = Buffer.from(`PK\x05\x06${'\0'.repeat(40)}`, 'latin1');
  bytes.writeUInt16LE(comment.length, find(bytes, end) + 20);
  return Buffer.concat([bytes, comment]);
}
