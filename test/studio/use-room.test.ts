import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadClassifier, loadTrained } from '../../src/node/index.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from '../browser/support/browsers.ts';
import { openFile, tryPictures } from '../browser/support/html-file.ts';
import { OnnxRuntime } from '../support/onnxruntime.ts';
import { findPython } from '../support/python.ts';
import { readUntil } from '../support/eventually.ts';
import { openPlatform, serveMachine, serveStatic, type TestStudio } from './support/studio.ts';
import { trainTinyRun, type TinyRun } from './support/tiny-run.ts';

const python = findPython('torch', 'numpy');

/** What of a page is used in it. */
interface PageGlobals {
  readonly document: {
    querySelectorAll(selector: string): Iterable<{ readonly textContent: string; click(): void }>;
  };
  readonly URL: { createObjectURL(blob: Blob): string };
  saved?: Blob[];
}

interface Folder {
  getDirectoryHandle(name: string, options: { create: true }): Promise<Folder>;
  getFileHandle(
    name: string,
    options: { create: true },
  ): Promise<{
    createWritable(): Promise<{ write(data: unknown): Promise<void>; close(): Promise<void> }>;
  }>;
}

let run: TinyRun;
beforeAll(async () => {
  run = await trainTinyRun();
}, 60_000);
afterAll(() => run.remove());

/** Puts the run where a page that stands alone keeps its own. */
async function keepInPage(page: TestPage): Promise<void> {
  const files: Record<string, string> = {};
  for (const name of ['config.json', 'metrics.jsonl', 'best.safetensors', 'last.safetensors']) {
    files[name] = (await readFile(join(run.run, name))).toString('base64');
  }
  await page.evaluate(async (given) => {
    const root = (await navigator.storage.getDirectory()) as unknown as Folder;
    const runs = await root.getDirectoryHandle('runs', { create: true });
    const folder = await runs.getDirectoryHandle('tiny', { create: true });
    for (const [name, base64] of Object.entries(given)) {
      const handle = await folder.getFileHandle(name, { create: true });
      const writer = await handle.createWritable();
      await writer.write(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
      await writer.close();
    }
  }, files);
}

/** Presses a button of the downloads and gives what the visitor would have got. */
async function download(page: TestPage, title: string): Promise<Uint8Array> {
  await page.evaluate((wanted) => {
    const globals = globalThis as unknown as PageGlobals;
    const saved: Blob[] = [];
    globals.saved = saved;
    const create = globals.URL.createObjectURL.bind(globals.URL);
    globals.URL.createObjectURL = (blob) => {
      saved.push(blob);
      return create(blob);
    };
    for (const button of globals.document.querySelectorAll('.downloads button'))
      if (button.textContent === wanted) button.click();
  }, title);
  await readUntil(
    () => page.evaluate(() => (globalThis as unknown as PageGlobals).saved?.length ?? 0, undefined),
    (count) => count > 0,
  );
  const base64 = await page.evaluate(async () => {
    const [blob] = (globalThis as unknown as PageGlobals).saved ?? [];
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let letters = '';
    for (let at = 0; at < bytes.length; at += 10_000)
      letters += String.fromCharCode(...bytes.subarray(at, at + 10_000));
    return btoa(letters);
  }, undefined);
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

describe
  .skipIf(browsers.length === 0)
  .each(
    browsers.flatMap((kind) => (['this machine', 'the page'] as const).map((where) => ({ kind, where }))),
  )('in $kind with the engine of $where', ({ kind, where }) => {
  let browser: TestBrowser;
  let page: TestPage;
  let studio: TestStudio;
  let close: () => Promise<void> = () => Promise.resolve();
  const at = (name: string): string => join(run.folder, `${kind}-${where.at(-1) ?? ''}-${name}`);

  beforeAll(async () => {
    browser = await openBrowser(kind);
    page = await browser.newPage();
    if (where === 'the page') {
      studio = await serveStatic(false);
      await page.goto(`${studio.origin}/`);
      await keepInPage(page);
    } else {
      const opened = await openPlatform([run.run]);
      close = () => opened.close();
      studio = await serveMachine(opened);
    }
    await page.goto(`${studio.url}#/use`);
    await readUntil(
      () =>
        page.evaluate(
          () =>
            [...(globalThis as unknown as PageGlobals).document.querySelectorAll('.downloads button')].length,
          undefined,
        ),
      (count) => count === 4,
    );
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await studio.close();
    await close();
  });
  afterEach((context) => {
    if (context.task.result?.state === 'fail') console.log(page.console.join('\n'));
  });

  test('a picture is taken for what Node takes it for', async () => {
    const [{ top }] = await tryPictures(page, [run.picture], 1);
    expect(top).toEqual(run.top.map((one) => [one.class, one.probability]));
  });

  test('the file for Cardinal knows what the checkpoint knows', async () => {
    const path = at('again.safetensors');
    await writeFile(path, await download(page, 'For Cardinal'));
    await using classifier = await loadClassifier(path, { threads: 1, blas: false });
    expect(await classifier.classify(await readFile(run.picture), { topK: 3 })).toEqual(run.top);
    const [again, before] = [await loadTrained(path), await loadTrained(run.weights)];
    expect(again.trained).toEqual(before.trained);
    expect(again.trained?.validation?.top1).toBeTypeOf('number');
    expect(again.pictures).toEqual(before.pictures);
    expect(again.recipe).toEqual(before.recipe);
  });

  test('the file for PyTorch has the same numbers, for Cardinal and for PyTorch', async () => {
    const path = at('again.pth');
    await writeFile(path, await download(page, 'For PyTorch'));
    const { model, description, preprocessing, classes } = await loadTrained(run.weights);
    const known = { model: description.name, options: description.options, preprocessing, classes };
    await using classifier = await loadClassifier(path, { ...known, threads: 1, blas: false });
    expect(await classifier.classify(await readFile(run.picture), { topK: 3 })).toEqual(run.top);
    if (python === undefined) {
      console.warn('SKIPPED: no Python with PyTorch: its reading of the file is not tested');
      return;
    }
    const script = `
import json, sys, torch
state = torch.load(sys.argv[1], weights_only=True)
print(json.dumps({name: [list(value.shape), value.flatten().tolist()] for name, value in state.items()}))`;
    const { stdout, stderr } = spawnSync(python, ['-c', script, path], { maxBuffer: 2 ** 28 });
    expect(stderr.toString()).toBe('');
    const found = JSON.parse(stdout.toString()) as Record<string, [number[], number[]]>;
    const state = model.stateDict();
    expect(Object.keys(found)).toEqual([...state.keys()]);
    for (const [name, { shape, data }] of state) {
      expect(found[name][0], name).toEqual([...shape]);
      expect(found[name][1], name).toEqual(Array.from(data as ArrayLike<number | bigint>, Number));
    }
  });

  test('the ONNX file predicts the same in ONNX Runtime', async () => {
    const runtime = await OnnxRuntime.open(await download(page, 'For everything else'));
    const input = Float32Array.from({ length: 3 * 12 * 12 }, (_, index) => Math.sin(index));
    const { data, dims } = await runtime.run(input, [1, 3, 12, 12]);
    await runtime.dispose();
    await using classifier = await loadClassifier(run.weights, { threads: 1, blas: false });
    const { data: own } = await classifier.forward(input);
    expect(dims).toEqual([1, 3]);
    own.forEach((value, at) => {
      expect(data[at]).toBeCloseTo(value, 4);
    });
  });

  test('the page to send classifies by itself', async () => {
    const path = at('pets.html');
    await writeFile(path, await download(page, 'As a page'));
    const alone = await browser.newPage();
    await openFile(alone, path);
    const [{ top }] = await tryPictures(alone, [run.picture], 1);
    expect(top).toEqual(run.top.map((one) => [one.class, one.probability]));
    await alone.close();
  });
});
