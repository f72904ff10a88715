import { test } from 'vitest';
import { readdir } from 'node:fs/promises';
import { exportHtml } from '/tmp/wt/single/src/node/index.ts';
import { browsers, openBrowser } from './browser/support/browsers.ts';
import { checkpointOf, HtmlFolder, openFile, tryPictures } from './browser/support/html-file.ts';
test.each(browsers)('%s', async (k) => {
  const f = await HtmlFolder.create();
  const model = { name: 'resnext_cifar', options: { layers: [1, 1, 1], planes: 8, cardinality: 4, baseWidth: 16, numClasses: 5 } };
  const pre = { channels: 3, size: [32, 32], resize: 32, interpolation: 'bilinear', mean: [0.5, 0.4, 0.3], std: [0.25, 0.25, 0.25] } as any;
  const w = await f.write('w.safetensors', await checkpointOf({ model, preprocessing: pre, classes: ['apple', 'banana', 'carrots', 'a very long name of a class that somebody gave to a folder of pictures', '</script>'], licence: 'MIT', origin: 'hf:somebody/something', trained: { epochs: 12, steps: 300, validation: { loss: 0.3, top1: 0.912, top5: 1 } } } as any));
  await f.write('pets.html', await exportHtml(w, { title: 'Fruit and vegetables' }));
  const dir = '/tmp/data/grocery-128'; 
  const found: string[] = [];
  for (const e of await readdir(dir, { recursive: true })) if (/\.(jpg|png)$/.test(e)) { found.push(dir + '/' + e); if (found.length === 2) break; }
  const b = await openBrowser(k); const p = await b.newPage();
  for (const [width, scheme] of [[1200, 'light'], [360, 'dark']] as const) {
    await p.setViewport({ width, height: 900 }); await p.setColorScheme(scheme);
    await openFile(p, f.path('pets.html'));
    await tryPictures(p, found, 2);
    await p.screenshot(`/tmp/single-try/single-${k}-${width}-${scheme}.png`);
  }
  await p.evaluate(() => { for (const x of (globalThis as any).document.querySelectorAll('button')) if (x.textContent === 'Use the camera') x.click(); }, undefined);
  await new Promise((r) => setTimeout(r, 3000));
  await p.evaluate(() => { for (const x of (globalThis as any).document.querySelectorAll('button')) if (x.textContent === 'Take a picture') x.click(); }, undefined);
  await new Promise((r) => setTimeout(r, 2000));
  await p.screenshot(`/tmp/single-try/single-${k}-camera.png`);
  console.log(k, p.console);
  await b.close();
  await f.remove();
}, 120000);
