/**
 * Bundles the page of networks in HTML files into `dist/html/`, and the studio's page, which carries it, into `dist/studio/`. They use the
 * package as everybody does, so `dist/src` and `dist/web` come first.
 */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'vite';
import { buildClassifierPage } from './classifier-page.ts';
import { root } from './on-node.ts';
import { studyResults } from './study-results.ts';

const out = join(root, 'dist/studio');

await buildClassifierPage();

await build({
  configFile: false,
  logLevel: 'warn',
  root: join(root, 'studio'),
  // It may lie in any folder of any server.
  base: './',
  // Modules, as those that they start: one imports another when it is needed.
  // What the engine of a page loads on demand has a folder of its own, which does not count as the page's (.size-limit.json).
  worker: {
    format: 'es',
    rolldownOptions: { output: { chunkFileNames: 'assets/engine/[name]-[hash].js' } },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    // Kernels and scripts of workers stay files: a strict policy forbids `data:`.
    assetsInlineLimit: 0,
  },
});

// What the room Paper shows of the studies, and their own pages and tables.
await mkdir(join(out, 'studies'));
await writeFile(join(out, 'studies/results.json'), JSON.stringify(await studyResults()));
await cp(join(root, 'docs/studies'), join(out, 'studies'), { recursive: true });
