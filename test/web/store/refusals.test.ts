import { afterEach, expect, test, vi } from 'vitest';
import { CardinalError } from '../../../src/base/errors.ts';
import { openFileSystem } from '../../../src/web/store/file-system.ts';
import { opfsPaths, partsOf } from '../../../src/web/store/paths.ts';
import { persistRuns } from '../../../src/web/page/persist.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A page that browsers take for secure or not, and what it has for storage. */
function stub(isSecureContext: boolean, storage: unknown, handle?: unknown): void {
  vi.stubGlobal('isSecureContext', isSecureContext);
  vi.stubGlobal('navigator', { storage });
  vi.stubGlobal('FileSystemFileHandle', handle);
}

class Handle {
  createSyncAccessHandle(): void {
    return undefined;
  }
}

const given = { getDirectory: () => Promise.resolve({}) };
const refused = {
  getDirectory: () => Promise.reject(new DOMException('The operation is insecure.', 'SecurityError')),
};

test.each([
  [
    'a page that came by plain http',
    false,
    undefined,
    undefined,
    /^runs cannot be kept in this page: it came by plain http, /,
  ],
  [
    'an old browser',
    true,
    {},
    undefined,
    /^runs cannot be kept in this browser: it has no private file system \(OPFS\); use Chrome/,
  ],
  [
    'a private window',
    true,
    refused,
    Handle,
    /no private file system, .* \(The operation is insecure\.\); open the page in an ordinary window$/,
  ],
  [
    'the page itself',
    true,
    given,
    undefined,
    /cannot be written \(no createSyncAccessHandle\), as only dedicated workers/,
  ],
  ['a browser without move', true, given, Handle, /cannot be written \(no move\)/],
])('%s is told in one line that it has no place for runs', async (_, isSecure, storage, handle, message) => {
  stub(isSecure, storage, handle);
  const error = await openFileSystem().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CardinalError);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain('\n');
});

test.each([
  [{ persisted: () => Promise.resolve(true) }, undefined],
  [{ persisted: () => Promise.resolve(false), persist: () => Promise.resolve(true) }, undefined],
  [
    { persisted: () => Promise.resolve(false), persist: () => Promise.resolve(false) },
    /it was asked not to and did not promise it\): export what/,
  ],
  [{ persist: () => Promise.reject(new Error('asked too often')) }, /\(asked too often\): export what/],
  [{}, /it has nothing to forbid it/],
])('whether a browser keeps runs is a notice and no error (%#)', async (storage, notice) => {
  const told = await persistRuns(storage);
  if (notice === undefined) expect(told).toBeUndefined();
  else expect(told).toMatch(notice);
});

test('paths of the private file system', () => {
  expect(partsOf('opfs:runs/pets')).toEqual(['runs', 'pets']);
  expect(opfsPaths.resolve('/runs//./pets/')).toBe('opfs:runs/pets');
  expect(opfsPaths.join('opfs:', 'a')).toBe('opfs:a');
  expect([
    opfsPaths.dirname('opfs:runs/pets'),
    opfsPaths.dirname('opfs:runs'),
    opfsPaths.dirname('opfs:'),
  ]).toEqual(['opfs:runs', 'opfs:', 'opfs:']);
  expect(opfsPaths.basename('opfs:runs/pets')).toBe('pets');
  for (const path of ['opfs:../x', 'opfs:a/../b', 'opfs:a\\b', 'opfs:a\0']) {
    expect(() => partsOf(path)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  }
  expect(() => partsOf(`opfs:${'é'.repeat(128)}`)).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }));
});
