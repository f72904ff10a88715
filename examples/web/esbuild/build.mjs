import { build } from 'esbuild';
import { cp } from 'node:fs/promises';

await build({ entryPoints: ['main.ts'], outfile: 'dist/main.js', bundle: true, minify: true, format: 'esm' });
await cp('index.html', 'dist/index.html');
// esbuild takes no files along that are named by `new URL('…', import.meta.url)`.
for (const part of ['web', 'kernels'])
  await cp(`node_modules/cardinal-nn/dist/${part}`, `dist/cardinal/${part}`, { recursive: true });
