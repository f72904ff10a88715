import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeCode, pageCode, serveCommand } from '../../studio/src/use/snippets.ts';
import { browsers, openBrowser } from '../browser/support/browsers.ts';
import { servePages } from '../browser/support/pages.ts';
import { environment } from '../cli/cardinal.ts';
import { readUntil } from '../support/eventually.ts';
import { root } from './support/studio.ts';
import { installedIn, trainTinyRun, type TinyRun } from './support/tiny-run.ts';

/** What the room shows is run as it stands there, where a visitor would run it. */
const file = 'tiny.safetensors';
let run: TinyRun;
let folder: string;

beforeAll(async () => {
  run = await trainTinyRun();
  folder = await mkdtemp(join(tmpdir(), 'cardinal-snippets-'));
  await installedIn(folder, root);
  await copyFile(run.weights, join(folder, file));
  await copyFile(run.picture, join(folder, 'picture.jpg'));
}, 60_000);
afterAll(async () => {
  await run.remove();
  await rm(folder, { recursive: true, force: true });
});

test('the program for Node names what the picture shows', async () => {
  await writeFile(join(folder, 'program.js'), nodeCode(file));
  const child = spawn(process.execPath, ['program.js'], { cwd: folder, env: environment });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise((resolve) => child.on('close', resolve));
  const [name, probability] = said.trim().split(' ');
  expect([code, name], said).toEqual([0, run.top[0].class]);
  // Its engine may have a library whose sums differ in the last bits.
  expect(Number(probability)).toBeCloseTo(run.top[0].probability, 4);
});

describe.skipIf(browsers.length === 0).each(browsers.map((kind) => ({ kind })))('in $kind', ({ kind }) => {
  test('the program for a page names what its image shows', async () => {
    // As a page without a bundler has it (docs/browser.md).
    const imports = { imports: { 'cardinal-nn/web': '/dist/web/cardinal.js' } };
    const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify(imports)}</script>
<img src="/picture.png" alt=""><script type="module" src="/program.js"></script>`;
    const server = await servePages({
      files: {
        '/index.html': page,
        '/program.js': pageCode(file),
        [`/${file}`]: await readFile(run.weights),
        '/picture.png': await readFile(run.picture),
      },
      folders: { '/dist': join(root, 'dist') },
    });
    const browser = await openBrowser(kind);
    try {
      const shown = await browser.newPage();
      await shown.goto(`${server.origin}/index.html`);
      const lines = await readUntil(
        () => shown.console,
        (all) => all.length > 0,
      );
      const { class: name, probability } = run.top[0];
      expect(lines).toEqual([`log: ${name} ${probability}`]);
    } finally {
      await browser.close();
      await server.close();
    }
  });
});

test('the command serves it', async () => {
  // On a free port; the rest is as the room shows it.
  const child = spawn(`${serveCommand(file)} --port 0`, {
    ...{ cwd: folder, shell: true, detached: true },
    env: environment,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const over = new Promise((resolve) => child.on('close', resolve));
  try {
    const address = await readUntil(
      () => /http:\/\/[\w.:[\]-]+/.exec(said)?.[0],
      (found) => found !== undefined || child.exitCode !== null,
    );
    const response = await fetch(`${address ?? said}/classify?topK=3`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: await readFile(run.picture),
    });
    expect(await response.json()).toMatchObject({
      predictions: [{ class: run.top[0].class }, {}, {}],
    });
  } finally {
    // npx, its shell and the server.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await over;
  }
});
