import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod/mini';
import { CardinalError, messageOf } from '../../src/base/errors.ts';
import { createModel } from '../../src/models/index.ts';
import { exportOnnx } from '../../src/weights/onnx/export.ts';
import { startBrowser } from '../../test/browser/support/browsers.ts';
import { bundlePage } from '../../test/browser/support/bundle.ts';
import { servePages } from '../../test/browser/support/pages.ts';
import type { Program } from '../compare/program.ts';
import type { NetworkWork } from '../compare/work.ts';
import type { PageCalls, PageOrder } from './page/main.ts';

export const pageOptionsSchema = z.object({
  browser: z.enum(['chromium', 'firefox']),
  library: z.enum(['cardinal', 'onnxruntime-web', 'tensorflow', 'jax']),
  threads: z.int(),
  /** Whether the page is cross-origin isolated, without which there are no threads. */
  isolated: z.boolean(),
});
export type PageOptions = z.infer<typeof pageOptionsSchema>;

/** A contender that lives in a page of a browser of its own. */
export interface PageProgram extends Program {
  /** Milliseconds of the last run, by the page's clock. */
  ms(): number;
  close(): Promise<void>;
}

/** What a peer gets for its first run, which compiles, and for another, which is measured again and again. */
const limits = { firstMs: 280_000, runMs: 60_000 };

const root = fileURLToPath(new URL('../..', import.meta.url));
const peers = join(root, 'bench', 'node_modules');
const packages = {
  'onnxruntime-web': ['onnxruntime-web'],
  tensorflow: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
  jax: ['@jax-js/jax'],
} as const;

/** In the page. */
declare const bench: PageCalls;

/**
 * Opens the page and gets ready. A peer that is not installed, cannot do the work or takes too long for it is no error: its reason
 * comes back instead.
 */
export async function openPageProgram(
  work: NetworkWork,
  { browser: kind, library, threads, isolated }: PageOptions,
): Promise<PageProgram | { readonly absent: string }> {
  const needed = library === 'cardinal' ? [] : packages[library];
  const missing = needed.find((name) => !existsSync(join(peers, name)));
  if (missing !== undefined) return { absent: `${missing} is not installed: npm ci --prefix bench` };
  const server = await servePages({
    isolated,
    files: {
      '/': pageOf(library),
      '/main.js': await bundlePage('bench/browser/page/main.ts'),
      ...(library === 'onnxruntime-web' ? { '/model.onnx': await onnxOf(work) } : {}),
    },
    folders: { '/dist': join(root, 'dist'), '/peers': peers },
  });
  // Its clock would be a millisecond coarse where a page is not isolated.
  const browser = await startBrowser(kind, { 'privacy.reduceTimerPrecision': false });
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/`);
    const order: PageOrder = { library, threads, work, version: await versionOf(needed[0]) };
    let last = 0;
    const run = async (): Promise<void> => {
      last = await page.evaluate(() => bench.run(), undefined);
    };
    const start = page.evaluate((given) => bench.start(given), order);
    if (library !== 'cardinal') {
      const absent = await reasonAgainst(start, run, () => last);
      if (absent !== undefined) {
        await close();
        return { absent };
      }
    }
    return {
      version: await start,
      run,
      ms: () => last,
      results: async () => Float32Array.from(await page.evaluate(() => bench.results(), undefined)),
      close,
    };
  } catch (error) {
    await close();
    throw new CardinalError(`${library} in ${kind}: ${messageOf(error)}`);
  }
}

/** Why a peer cannot take part; undefined if it can. */
async function reasonAgainst(
  start: Promise<unknown>,
  run: () => Promise<void>,
  ms: () => number,
): Promise<string | undefined> {
  const trial = async (): Promise<string | undefined> => {
    await start;
    // The first run compiles.
    await run();
    if (ms() <= limits.runMs) await run();
    return ms() <= limits.runMs ? undefined : `a run takes it ${Math.round(ms() / 1000)} s`;
  };
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      resolve(`it has not finished its first runs within ${limits.firstMs / 1000} s`);
    }, limits.firstMs);
  });
  try {
    return await Promise.race([trial().catch(firstLine), tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a library said, without the driver's words and the stack. */
function firstLine(error: unknown): string {
  const [line] = messageOf(error).split('\n');
  return `it cannot: ${line.replace(/^(page\.evaluate: |Error: )+/, '')}`;
}

function pageOf(library: PageOptions['library']): string {
  const scripts =
    library === 'tensorflow'
      ? ['tfjs/dist/tf.min.js', 'tfjs-backend-wasm/dist/tf-backend-wasm.min.js']
          .map((path) => `<script src="/peers/@tensorflow/${path}"></script>`)
          .join('')
      : '';
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>bench</title>${scripts}<script type="module" src="/main.js"></script>`;
}

async function onnxOf({ model, input }: NetworkWork): Promise<Uint8Array> {
  return exportOnnx(createModel(model), { name: model, input: [input[1], input[2], input[3]] });
}

async function versionOf(name: string | undefined): Promise<string> {
  if (name === undefined) return '';
  const text = await readFile(join(peers, name, 'package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
