/**
 * Bundles the page of HTML files with a network in them (`cardinal export --html`) into `dist/html/`: an export puts scripts and weights into it
 * and bundles nothing. Its policy allows its one script and its one style by their hashes, workers of its own, and nothing from outside.
 */
import { build, transform } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { packagesIn, withLicences } from './licences.ts';
import { root } from './on-node.ts';

/** Writes the page, and the licences of all that a file of it has within. */
export async function buildClassifierPage(): Promise<void> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['studio/src/single/main.tsx'],
    outdir: join(root, 'dist/html'),
    ...{ bundle: true, minify: true, write: false, metafile: true, legalComments: 'none' },
    ...{ format: 'esm', platform: 'browser', target: ['chrome131', 'firefox133', 'safari18.1'] },
    ...{ jsx: 'automatic', jsxImportSource: 'preact', logLevel: 'warning' },
  });
  const textOf = (ending: string): string => {
    const found = outputFiles.find(({ path }) => path.endsWith(ending));
    if (found === undefined) throw new Error(`the classifier's page has no ${ending}`);
    return found.text;
  };
  const script = textOf('.js');
  const style = textOf('.css');
  if (/<\/(?:script|style)|<!--/i.test(script + style))
    throw new Error('a tag within the script of the page');
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)} 'wasm-unsafe-eval'`,
    `style-src ${hashOf(style)}`,
    'worker-src blob:',
    // Kernels for its worker; why a worker did not start.
    'connect-src data: blob:',
    'img-src blob: data:',
    'media-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const shell = await readFile(join(root, 'studio/src/single/shell.html'), 'utf8');
  const parts = {
    policy: `<meta http-equiv="Content-Security-Policy" content="${policy}" />`,
    style: `<style>${style}</style>`,
    script: `<script type="module">${script}</script>`,
  };
  const page = Object.entries(parts).reduce(
    // A function: `$` means something in a text that replaces.
    (text, [name, value]) => text.replace(`<!-- ${name} -->`, () => value),
    shell,
  );
  const folder = join(root, 'dist/html');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'classifier.html'), page);
  for (const name of ['pictures.js', 'jpeg.js']) await writeFile(join(folder, name), await asFunction(name));
  for (const name of ['engine.js', 'engine-all.js']) await requireClassic(name);
  const ofScripts = await readFile(join(root, 'dist/web/licences.txt'), 'utf8');
  const packages = packagesIn(metafile);
  // What the page takes of them is in the scripts as well.
  const others = [...packages].filter(
    (path) => !ofScripts.includes(`\n${path.slice('node_modules/'.length)}\n\n`),
  );
  await writeFile(join(folder, 'licences.txt'), await withLicences(ofScripts, new Set(others)));
}

/** A script of `dist/web` as a statement that makes `inside` of what it exports. */
async function asFunction(name: string): Promise<string> {
  const source = await readFile(join(root, 'dist/web', name), 'utf8');
  const how = { format: 'iife', globalName: 'inside', minify: true, target: 'es2022' } as const;
  return (await transform(source, how)).code;
}

/** Throws an error unless a script of `dist/web` is one within a function as well, where no module may be. */
async function requireClassic(name: string): Promise<void> {
  const source = await readFile(join(root, 'dist/web', name), 'utf8');
  new Script(`(() => { 'use strict'; ${source}\n})`, { filename: name });
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
