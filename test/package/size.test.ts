import { build } from 'esbuild';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/**
 * What a bundle carries that uses one thing of the built package, minified: modules that it does not use stay behind, because none does
 * anything when it is loaded (`sideEffects` in package.json). Limits leave room for a third more.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));

test.each([
  ['{ CardinalError }', 'cardinal-nn', 1.5],
  ['{ Rng }', 'cardinal-nn', 4],
  ['{ F }', 'cardinal-nn', 22],
  ['{ nn }', 'cardinal-nn', 92],
  ['{ compile }', 'cardinal-nn', 67],
  ['{ loadClassifier }', 'cardinal-nn/web', 110],
])('a bundle of %s of %s takes less than %d kB', async (names, from, limit) => {
  const { outputFiles, warnings } = await build({
    stdin: { contents: `import ${names} from '${from}'; globalThis.used = ${names};`, resolveDir: root },
    ...{ bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', logLevel: 'silent' },
  });
  // A bundler that meets anything of Node's would warn, or carry something in its place.
  expect(warnings).toEqual([]);
  expect(outputFiles[0].contents.length / 1000).toBeLessThan(limit);
});

test("what a page loads has nothing of Node's", async () => {
  const folder = join(root, 'dist/web');
  const scripts = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js'));
  expect(scripts).toContain('engine.js');
  for (const name of scripts) {
    expect(await readFile(join(folder, name), 'utf8'), name).not.toMatch(/["'`]node:/);
  }
});
