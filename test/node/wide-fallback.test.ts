import { expect, test, vi } from 'vitest';
import { createNodeBackend } from '../../src/node/backend.ts';

vi.mock('../../src/node/wide-vectors.ts', () => ({
  wideVectors: () => ({ usable: true, reason: '' }),
  compileWide: () => Promise.reject(new SyntaxError("Unexpected token '%'")),
}));

test('an engine that cannot make the wide kernels after all gets the next ones, unless they are asked for', async () => {
  const backend = await createNodeBackend({ threads: 1, blas: false });
  expect(backend.name).toBe('wasm');
  await backend.dispose();
  await expect(createNodeBackend({ kernels: 'wide' })).rejects.toThrow(
    /^cannot load the kernels \(Unexpected token '%'\)$/,
  );
});
