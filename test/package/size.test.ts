import { build } from 'esbuild';
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
  ['{ F }', 'cardinal-nn', 13],
  ['{ nn }', 'cardinal-nn', 75],
  ['{ compile }', 'cardinal-nn', 57],
])('a bundle of %s of %s takes less than %d kB', async (names, from, limit) => {
  const { outputFiles } = await build({
    stdin: { contents: `import ${names} from '${from}'; globalThis.used = ${names};`, resolveDir: root },
    ...{ bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', logLevel: 'silent' },
  });
  expect(outputFiles[0].contents.length / 1000).toBeLessThan(limit);
});
