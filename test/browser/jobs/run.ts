import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { kernelFileName } from '../../../src/backends/wasm/builds.ts';
import { bundlePage } from '../support/bundle.ts';
import type { TestBrowser } from '../support/browsers.ts';
import { servePages } from '../support/pages.ts';
import type { Jobs } from './worker.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Jobs have the ops of all networks, and so need all kernels, where pages load those of ResNets and ResNeXts. */
async function fullKernels(): Promise<Record<string, Uint8Array>> {
  const files = (['simd', 'relaxed'] as const).map(async (build) => [
    `/kernels/kernels-${build}.wasm`,
    await readFile(`${root}/dist/kernels/${kernelFileName(build)}`),
  ]);
  return Object.fromEntries(await Promise.all(files)) as Record<string, Uint8Array>;
}

/** Does a job in a worker of a page, which is cross-origin isolated or not, and gives what came of it. */
export async function runJob<J extends keyof Jobs>(
  browser: TestBrowser,
  isolated: boolean,
  job: J,
  given: Parameters<Jobs[J]>[0],
): Promise<Awaited<ReturnType<Jobs[J]>>> {
  const [jobs, worker] = await Promise.all([
    bundlePage('test/browser/jobs/worker.ts'),
    bundlePage('src/web/worker.ts'),
  ]);
  const server = await servePages({
    isolated,
    files: { '/jobs.js': jobs, '/web/worker.js': worker, ...(await fullKernels()) },
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/`);
    const { result, error } = await page.evaluate(
      (order: object) =>
        new Promise<{ readonly result?: unknown; readonly error?: string }>((resolve) => {
          const started = new Worker('/jobs.js', { type: 'module' });
          started.onmessage = ({ data }) => {
            resolve(data as { readonly result?: unknown });
            started.terminate();
          };
          started.onerror = ({ message }) => {
            resolve({ error: message });
          };
          started.postMessage(order);
          // A browser may end a worker that nothing refers to.
          Object.assign(globalThis, { started });
        }),
      { job, given },
    );
    if (error !== undefined) throw new Error(`${error}\n${page.console.join('\n')}`);
    await page.close();
    return result as Awaited<ReturnType<Jobs[J]>>;
  } finally {
    await server.close();
  }
}
