import { expect, test } from 'vitest';
import { base64 } from '../../src/base/base64.ts';

test.each([0, 1, 2, 3, 24_575, 24_576, 24_577, 100_000])('%d bytes are as Node writes them', (length) => {
  const bytes = Uint8Array.from({ length }, (_, at) => (at * 7919) >> 3);
  expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
});
