import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * A program for a page or a worker as one module: of a file of the repository, or of source that may import the package or files by
 * their paths from the root (`./test/browser/x.ts`). Fails on warnings: of a module that a browser lacks, say.
 */
export async function bundlePage(
  entry: string | { readonly source: string },
  { minify = false }: { readonly minify?: boolean } = {},
): Promise<string> {
  const { outputFiles, warnings } = await build({
    ...(typeof entry === 'string'
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.source, resolveDir: root, loader: 'ts' } }),
    ...{ bundle: true, write: false, minify, format: 'esm', platform: 'browser', target: 'es2024' },
    ...{ absWorkingDir: root, logLevel: 'silent' },
  });
  if (warnings.length > 0) throw new Error(`bundle: ${warnings.map(({ text }) => text).join('; ')}`);
  return outputFiles[0].text;
}
