import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('the package has the script of the page of a server, which imports nothing', async () => {
  const built = await readFile(new URL('../../dist/src/serve/page/in-page.js', import.meta.url), 'utf8');
  // What is compiled beside it must not have taken its place.
  expect(built).toContain("addEventListener('paste'");
  expect(built).not.toMatch(/^import\b|\brequire\(/m);
});
