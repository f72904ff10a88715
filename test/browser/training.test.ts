import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rng } from '../../src/base/rng.ts';
import type { OpenData } from '../../src/data/open-data.ts';
import type { Module } from '../../src/nn/module.ts';
import type { TrainOnOptions } from '../../src/node/training/options.ts';
import { trainOn } from '../../src/node/training/train-on.ts';
import type { TrainedOn } from '../../src/run/training/train-on.ts';
import { cardinal } from '../cli/cardinal.ts';
import { blocksOf, cardinalArguments, commandsOf } from '../docs/blocks.ts';
import { temporaryFolder } from '../node/data/support/sources.ts';
import { browsers, openBrowser, startBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import { madeUpPictures, pngPictures } from './support/made-up-pictures.ts';
import { servePages, type TestServer } from './support/pages.ts';
import { OwnNetwork, smallNetwork, smallNetworkOfPaths } from './support/small-networks.ts';
import type { PageCalls, PageTraining } from './support/training-page.ts';

const { path: root, remove } = temporaryFolder();
const at = (...names: readonly string[]): string => join(root, ...names);
const dist = fileURLToPath(new URL('../../dist', import.meta.url));

const options = { epochs: 3, batchSize: 16, seed: 5, augment: 'shift-flip', imageSize: 16 } as const;
const small = { pictures: 'records', network: 'named' } as const;

let server: TestServer;
let ownTrained: Module;
let pngs: readonly Uint8Array<ArrayBuffer>[];
beforeAll(async () => {
  pngs = await Promise.all(Array.from({ length: 44 }, (_, n) => madeUpPng(n)));
  const page = await bundlePage('test/browser/support/training-page.ts');
  server = await servePages({
    isolated: true,
    files: {
      '/': '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      '/page.js': page,
      '/pictures.json': JSON.stringify(pngs.map((png) => [...png])),
    },
    folders: { '/dist': dist, '/runs': root },
  });
  await onNode('whole', madeUpPictures(), smallNetwork);
  await onNode('png', pngPictures(pngs.map((png) => new Blob([png]))), smallNetworkOfPaths);
  ({ model: ownTrained } = await onNode('own', madeUpPictures(), new OwnNetwork().initialize(4)));
  await onNode('tuned', madeUpPictures(), smallNetwork, {
    epochs: 1,
    weights: at('whole', 'best.safetensors'),
  });
});
afterAll(async () => {
  await server.close();
  remove();
});

/** A run of Node, without its native library, whose sums are its own. */
async function onNode(
  name: string,
  data: OpenData,
  network: Parameters<typeof trainOn>[1],
  more: TrainOnOptions = {},
): Promise<TrainedOn> {
  return await trainOn(data, network, { ...options, out: at(name), blas: false, report: false, ...more });
}

describe.each(browsers)('in %s', (kind) => {
  let browser: TestBrowser;
  let page: TestPage;
  beforeAll(async () => {
    browser = await openBrowser(kind);
    page = await opened();
    await call('answerPersist', false);
  });
  afterAll(() => browser.close());

  async function opened(): Promise<TestPage> {
    const fresh = await browser.newPage();
    await fresh.goto(`${server.origin}/`);
    return fresh;
  }

  /** Calls a function of the page by its name. What it throws comes back as its name and message. */
  async function call<Name extends keyof PageCalls>(
    name: Name,
    given: Parameters<PageCalls[Name]>[0],
    on = page,
  ): Promise<Awaited<ReturnType<PageCalls[Name]>>> {
    const result = await on.evaluate(
      async ({ called, value }: { called: string; value: unknown }) => {
        try {
          const work = (globalThis as unknown as Record<string, (given: unknown) => unknown>)[called];
          return { result: await work(value) };
        } catch (error) {
          return { error: String(error) };
        }
      },
      { called: name, value: given },
    );
    if ('error' in result) throw new Error(result.error);
    return result.result as Awaited<ReturnType<PageCalls[Name]>>;
  }

  function train(out: string, more: Partial<PageTraining> = {}): ReturnType<PageCalls['train']> {
    const { options: others, ...rest } = more;
    return call('train', { ...small, ...rest, options: { ...options, out: `opfs:${out}`, ...others } });
  }

  async function filesOf(run: string): Promise<Map<string, Uint8Array>> {
    const files = await call('read', run);
    return new Map(
      Object.entries(files).map(([name, content]) => [name, new Uint8Array(Buffer.from(content, 'base64'))]),
    );
  }

  async function hashesOf(run: string): Promise<Record<string, string>> {
    return hashes(await filesOf(run));
  }

  test('a run ends with the bytes of Node’s', async () => {
    const { reason, step, told } = await train('runs/whole');
    expect({ reason, step }).toEqual({ reason: 'finished', step: 9 });
    expect(told.filter((type) => type === 'step')).toHaveLength(9);
    expect(told).toContainEqual(expect.stringMatching(/^the browser may delete the runs of this site/));
    expect(await hashesOf('runs/whole')).toEqual(await hashesAt('whole'));
  });

  test('and so it does with one thread, of PNG files, with separate paths', async () => {
    await train('runs/png', { pictures: 'png', network: 'paths', options: { threads: 1 } });
    const [here, there] = [await filesOf('runs/png'), await filesAt('png')];
    expect(hashes(here)['best.safetensors']).toBe(hashes(there)['best.safetensors']);
    // It also says what decoded, which made no difference.
    expect(numbersOf(here)).toBe(numbersOf(there));
  });

  test('a network of the page’s own', async () => {
    const { told, weights } = await train('runs/own', { network: 'own' });
    // Once in a page is enough.
    expect(told.join()).not.toContain('may delete');
    expect(told.filter((type) => type === 'epoch')).toHaveLength(3);
    expect(await hashesOf('runs/own')).toEqual(await hashesAt('own'));
    const [{ data }] = ownTrained.parameters();
    expect(weights).toBe([...createHash('sha256').update(data).digest()].join());
  });

  test('is aborted, goes on in Node, and the reverse', async () => {
    const { reason, step } = await train('runs/begun', { stopAt: 4 });
    expect({ reason, step }).toEqual({ reason: 'interrupted', step: 4 });
    const name = `begun-${kind}`;
    await mkdir(at(name));
    for (const [file, content] of await filesOf('runs/begun')) await writeFile(at(name, file), content);
    await onNode(name, madeUpPictures(), smallNetwork, { resume: true });
    expect(await hashesAt(name)).toEqual(await hashesAt('whole'));

    const other = `other-${kind}`;
    const stop = new AbortController();
    await onNode(other, madeUpPictures(), smallNetwork, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 5) stop.abort();
      },
    });
    const files = Object.fromEntries(
      [...(await filesAt(other))].map(([file, content]) => [file, Buffer.from(content).toString('base64')]),
    );
    await call('write', { run: 'runs/other', files });
    const gone = await train('runs/other', { options: { resume: true } });
    expect(gone.told.filter((type) => type === 'step')).toHaveLength(4);
    expect(await hashesOf('runs/other')).toEqual(await hashesAt('whole'));
  });

  test('a folder is one run’s at a time; of a page that is closed another goes on', async () => {
    const closing = await opened();
    const out = 'opfs:runs/closed';
    await call('begin', { ...small, options: { ...options, checkpointEvery: 1, out } }, closing);
    await expect(train('runs/closed', { options: { resume: true } })).rejects.toThrow(
      /InUseError: run folder opfs:runs\/closed is already in use by another tab/,
    );
    await closing.close();
    const { told } = await train('runs/closed', { options: { resume: true } });
    expect(told.filter((type) => type === 'step').length).toBeGreaterThan(0);
    expect(await hashesOf('runs/closed')).toEqual(await hashesAt('whole'));
  });

  test('begins with weights of a URL, or of a run before', async () => {
    const expected = numbersOf(await filesAt('tuned'));
    for (const [n, weights] of [
      '/runs/whole/best.safetensors',
      'opfs:runs/whole/best.safetensors',
    ].entries()) {
      await train(`runs/tuned-${n}`, { options: { epochs: 1, weights } });
      expect(numbersOf(await filesOf(`runs/tuned-${n}`))).toBe(expected);
    }
    const gone = train('runs/none', { options: { weights: '/runs/whole/gone.safetensors' } });
    await expect(gone).rejects.toThrow(/CardinalError: .*gone\.safetensors.*404/);
  });

  test.each([
    ['its backend is disposed of', 'backend', /^DisposedError: the backend was disposed of/],
    ['its worker is killed', 'workers', /^DeviceLostError: the engine was lost: its worker ended$/],
  ] as const)('ends with an error when %s, and can go on', async (_, loses, error) => {
    const out = `runs/without-${loses}`;
    await expect(train(out, { loses, options: { checkpointEvery: 1 } })).rejects.toThrow(error);
    const { told } = await train(out, { options: { resume: true } });
    expect(told.filter((type) => type === 'step').length).toBeLessThan(9);
    expect(await hashesOf(out)).toEqual(await hashesAt('whole'));
  });

  test('several runs on one backend, one after the other and at once, and each when that is disposed of', async () => {
    const outs = ['opfs:runs/left', 'opfs:runs/right'];
    const short = { ...options, epochs: 1, weights: '/runs/whole/best.safetensors' };
    const { first, later } = await call('together', { outs: [outs[0], ...outs], options: short });
    // Of two in one folder the second is refused, whichever it is.
    expect(first.toSorted((a, b) => a.length - b.length)).toEqual([
      'finished',
      'finished',
      expect.stringMatching(
        /^(InUseError|CardinalError): .*opfs:runs\/left (is already in use|holds a run already)/,
      ),
    ]);
    expect([first[2], later]).toEqual(['finished', 'finished']);
    for (const out of ['left', 'right', 'right-later'])
      expect(numbersOf(await filesOf(`runs/${out}`))).toBe(numbersOf(await filesAt('tuned')));
    const gone = outs.map((out) => `${out}-gone`);
    const ended = await call('together', { outs: gone, options: short, disposeAt: 2 });
    const error = expect.stringMatching(/^DisposedError: the backend was disposed of/) as string;
    expect(ended).toEqual({ first: [error, error], later: error });
  });

  // It is the command line's part that takes time.
  test.runIf(kind === browsers[0])('goes to Node and back by the commands of docs/browser.md', async () => {
    const cwd = at(`documented-${kind}`);
    const half = pngs.length / 2;
    for (const [index, png] of pngs.entries()) {
      const folder = join(cwd, 'pictures', index < half ? 'cats' : 'dogs');
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `${index}.png`), png);
    }
    const begun = { ...options, batchSize: 8, out: 'opfs:runs/pets' };
    const saved = await call('trainPets', { options: begun, stopAt: 7 });
    await writeFile(join(cwd, 'pets.zip'), saved, 'base64');
    const commands = blocksOf('docs/browser.md')
      .flatMap(({ kind, text }) => (kind === 'sh' || text.startsWith('npx ') ? commandsOf(text) : []))
      // That one makes a page of the run, in whatever way it was trained.
      .filter(([, , name]) => name !== 'export');
    expect(commands.map(([, , name]) => name)).toEqual(['unpack', 'train', 'pack']);
    for (const command of commands) {
      // The name of the file is taken until it is packed anew.
      if (command.includes('pack')) await rm(join(cwd, 'pets.zip'));
      const { code, stderr } = await cardinal(cardinalArguments(command) ?? [], { cwd });
      expect([command.join(' '), code, stderr]).toEqual([command.join(' '), 0, stderr]);
    }
    const file = await readFile(join(cwd, 'pets.zip'), 'base64');
    const { epochs, reason, classes } = await call('takeBack', { file, out: 'opfs:runs/back' });
    expect({ epochs, reason }).toEqual({ epochs: [0, 1, 2], reason: 'finished' });
    expect(classes).toEqual(['cats', 'dogs']);
  });

  test.runIf(kind === 'firefox')('a private window trains, and says that it keeps nothing', async () => {
    const hidden = await startBrowser(kind, { 'browser.privatebrowsing.autostart': true });
    try {
      const one = await hidden.newPage();
      await one.goto(`${server.origin}/`);
      const given = { ...small, options: { ...options, epochs: 1 } };
      expect((await call('train', given, one)).reason).toBe('finished');
      const kept = { ...given, options: { ...given.options, out: 'opfs:runs/none' } };
      await expect(call('train', kept, one)).rejects.toThrow(
        /^CardinalError: runs cannot be kept here: the browser gives this window no private file system, .*; open the page in an ordinary window$/,
      );
    } finally {
      await hidden.close();
    }
  });

  test('three backends are opened at once, twice', async () => {
    const rounds = await call('backends', 2);
    for (const about of rounds) {
      expect(about).toEqual(
        [/1 thread\b/, /2 threads/, /3 threads/].map((how) => expect.stringMatching(how) as unknown),
      );
    }
  });

  test('what does not fit is told as in Node', async () => {
    await expect(train('runs/none', { options: { epochs: -1 } })).rejects.toThrow(/UsageError: .*epochs/);
    const odd = { epoch: 3 } as TrainOnOptions;
    await expect(train('runs/none', { options: odd as object })).rejects.toThrow(
      /UsageError: trainOn: .*epoch/,
    );
    await expect(train('runs/../x', {})).rejects.toThrow(
      /expected out to be a path in the private file system, such as opfs:runs\/pets, got 'opfs:runs\/\.\.\/x'/,
    );
  });
});

async function filesAt(name: string): Promise<Map<string, Uint8Array>> {
  const names = await readdir(at(name));
  const read = async (file: string): Promise<[string, Uint8Array]> => [
    file,
    new Uint8Array(await readFile(at(name, file))),
  ];
  return new Map(await Promise.all(names.map(read)));
}

async function hashesAt(name: string): Promise<Record<string, string>> {
  return hashes(await filesAt(name));
}

/** Of what a run learned. */
function hashes(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  const kept = [...files].filter(([name]) => /^(best|last)\.safetensors$/.test(name)).sort();
  return Object.fromEntries(
    kept.map(([name, content]) => [name, createHash('sha256').update(content).digest('hex')]),
  );
}

/** A hash of all tensors of the last checkpoint. */
function numbersOf(files: ReadonlyMap<string, Uint8Array>): string {
  const bytes = files.get('last.safetensors') ?? new Uint8Array(8);
  const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return createHash('sha256')
    .update(bytes.subarray(8 + header))
    .digest('hex');
}

/** Noise on the colour of its class, 20 by 18 pixels. */
async function madeUpPng(n: number): Promise<Uint8Array<ArrayBuffer>> {
  const rng = Rng.of(9, 'png', n);
  const data = Uint8Array.from({ length: 20 * 18 * 3 }, () => rng.int(128) + 40 * (n % 3));
  const png = sharp(data, { raw: { width: 20, height: 18, channels: 3 } }).png();
  return new Uint8Array(await png.toBuffer());
}
