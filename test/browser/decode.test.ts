import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { messageOf } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import type { Picture } from '../../src/data/dataset.ts';
import { withChannels } from '../../src/data/transforms/grey.ts';
import { loadPicture } from '../../src/node/data/decode.ts';
import { browsers, openBrowser, type TestBrowser, type TestPage } from './support/browsers.ts';
import { bundlePage } from './support/bundle.ts';
import type { DecodeAnswer, DecodeOrder } from './support/decode-worker.ts';
import { servePages, type TestServer } from './support/pages.ts';

const root = new URL('../../', import.meta.url);
const { decoded } = JSON.parse(readFileSync(new URL('test/fixtures/pillow.json', root), 'utf8')) as {
  decoded: { name: string; file: string; size: [number, number]; data: string }[];
};

/** `width×height SHA-256`, as the worker answers. */
function hashOf(picture: Picture): string {
  const { data, width, height } = withChannels(picture, 3);
  return `${width}×${height} ${createHash('sha256').update(data).digest('hex')}`;
}

interface Case {
  readonly name: string;
  readonly file: Uint8Array;
  /** What a decoder in Node makes of it, or why it refuses it. */
  readonly expected: string;
}

const rng = Rng.of(5, 'pictures');

/** Noise of the worst kind: no two neighbours are alike. */
function noise(width: number, height: number, channels: 3 | 4): Sharp {
  const data = Uint8Array.from({ length: width * height * channels }, () => rng.int(256));
  return sharp(data, { raw: { width, height, channels } });
}

async function cases(): Promise<Case[]> {
  const files = new Map<string, Uint8Array>();
  for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
    for (const format of ['jpeg', 'webp', 'png', 'avif'] as const) {
      const turned = noise(20, 16, 3).withMetadata({ orientation });
      files.set(
        `${format}, turned by ${orientation}`,
        await turned.toFormat(format, { lossless: true }).toBuffer(),
      );
    }
  }
  for (const lossless of [true, false]) {
    files.set(`WebP with alpha, lossless ${lossless}`, await noise(20, 15, 4).webp({ lossless }).toBuffer());
  }
  files.set('PNG of 16 bits', await noise(20, 15, 4).toColourspace('rgb16').png().toBuffer());
  files.set('GIF with transparent pixels', await noise(20, 15, 4).gif().toBuffer());
  files.set(
    'a large photo',
    await noise(2500, 1800, 3).blur(2).jpeg({ chromaSubsampling: '4:2:0' }).toBuffer(),
  );
  for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif'] as const) {
    const whole = await noise(64, 64, 3).toFormat(format, { lossless: true }).toBuffer();
    files.set(`${format}, whole`, whole);
    for (const share of [0.3, 0.6, 0.95]) {
      files.set(`${format}, cut at ${share}`, whole.subarray(0, Math.floor(share * whole.length)));
    }
    files.set(`${format}, without its last byte`, whole.subarray(0, -1));
    files.set(`${format}, with something behind it`, Buffer.concat([whole, Buffer.from('behind')]));
  }
  const progressive = await noise(64, 64, 3).jpeg({ progressive: true }).toBuffer();
  files.set('progressive JPEG, cut', progressive.subarray(0, Math.floor(0.7 * progressive.length)));
  const made = [...files].map(async ([name, file]) => ({
    name,
    file,
    expected: await loadPicture(file).then(hashOf, messageOf),
  }));
  const known = decoded.map(({ name, file, size: [width, height], data }) => ({
    name,
    file: Buffer.from(file, 'base64'),
    expected: hashOf({ width, height, channels: 3, data: Buffer.from(data, 'base64') }),
  }));
  return [...known, ...(await Promise.all(made))];
}

/** Photos as people take them, where they lie beside the repository. */
async function somePhotos(): Promise<Case[]> {
  const archive = fileURLToPath(new URL('../shared/data/grocery-128.tar.xz', root));
  if (!existsSync(archive)) {
    console.warn(`SKIPPED: photos of groceries: ${archive} is not there`);
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-photos-'));
  try {
    await promisify(execFile)('tar', ['xJf', archive, '-C', folder, '--wildcards', '*_004.jpg']);
    const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jpg'));
    return await Promise.all(
      names.map(async (name) => {
        const file = await readFile(join(folder, name));
        return { name, file, expected: hashOf(await loadPicture(file)) };
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

const tested = [...(await cases()), ...(await somePhotos())];

describe.each(browsers)('%s', (kind) => {
  let server: TestServer;
  let browser: TestBrowser;
  let page: TestPage;
  beforeAll(async () => {
    server = await servePages({
      files: {
        '/worker.js': await bundlePage('test/browser/support/decode-worker.ts'),
        '/jpeg.js': await bundlePage('src/web/jpeg.ts'),
        '/pictures.js': await bundlePage('src/web/pictures.ts'),
        '/jpeg.wasm': await readFile(new URL('node_modules/@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm', root)),
      },
    });
    browser = await openBrowser(kind);
    page = await browser.newPage();
    await page.goto(`${server.origin}/`);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  async function decode(given: readonly Case[], noisy = false): Promise<DecodeAnswer> {
    const order: DecodeOrder = {
      files: given.map(({ file }) => Buffer.from(file).toString('base64')),
      scripts: {
        jpeg: { script: `${server.origin}/jpeg.js`, wasm: `${server.origin}/jpeg.wasm` },
        pictures: `${server.origin}/pictures.js`,
      },
      noise: noisy,
    };
    return await page.evaluate(
      (asked: DecodeOrder) =>
        new Promise<DecodeAnswer>((resolve, reject) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }: MessageEvent<DecodeAnswer>) => {
            resolve(data);
            worker.terminate();
          };
          worker.onerror = ({ message }) => {
            reject(new Error(message));
          };
          worker.postMessage(asked);
        }),
      order,
    );
  }

  test('gives the bytes that Pillow and Node give, and refuses what Node refuses', async () => {
    const answers = await decode(tested);
    for (const [n, { name, expected }] of tested.entries()) {
      const answer = answers[n];
      if (name.includes('TIFF')) {
        expect(answer).toBe(
          'cannot read the picture: it is TIFF, which this browser cannot decode: convert it to JPEG or PNG',
        );
      } else if (expected.startsWith('cannot')) {
        expect(answer, name).toMatch(/^cannot read the picture: it is (truncated or )?damaged/);
      } else expect(answer, name).toBe(expected);
    }
    expect(server.requests).not.toContain('/jpeg.js');
  });

  test('finds out that canvases lie, and decodes JPEG by WebAssembly, PNG as ever, and the rest not at all', async () => {
    const some = tested.filter(
      ({ name, expected }) => !expected.startsWith('cannot') && !/TIFF|CMYK|a large/.test(name),
    );
    const answers = await decode(some, true);
    expect(server.requests.filter((path) => path.startsWith('/jpeg'))).toEqual(['/jpeg.js', '/jpeg.wasm']);
    for (const [n, { name, expected }] of some.entries()) {
      if (/WebP|webp|GIF|gif|avif/.test(name)) {
        expect(answers[n], name).toMatch(/which this browser does not decode exactly/);
      } else expect(answers[n], name).toBe(expected);
    }
  });
});
