import type { FastifyInstance } from 'fastify';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createStudio } from '../../../src/serve/studio/create-studio.ts';
import { sorted, type Named } from '../../../src/serve/studio/platform/named.ts';
import { NodeStudio } from '../../../src/serve/studio/platform/node-studio.ts';
import { servePages } from '../../browser/support/pages.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const bundled = join(root, 'data/fashion-mnist-sample');
/** The run that comes with the package. */
export const example = {
  kind: 'run',
  path: join(root, 'data/fashion-mnist-run'),
  name: 'Example',
  isExample: true,
} as const satisfies Named;
/** The built page. */
export const page = join(root, 'dist/studio');
export const token = 'a-token-of-tests';

/** The studio of a test: a page at an address, with an engine. */
export interface TestStudio {
  readonly url: string;
  readonly origin: string;
  close(): Promise<void>;
}

/** What a page asks of, without a browser: Node's platform, with new runs in a folder of its own. */
export interface TestPlatform {
  readonly platform: NodeStudio;
  readonly runsFolder: string;
  close(): Promise<void>;
}

export async function openPlatform(
  names: readonly string[] = [bundled],
  more: readonly Named[] = [],
): Promise<TestPlatform> {
  const folder = await mkdtemp(join(tmpdir(), 'cardinal-studio-test-'));
  const runsFolder = join(folder, 'runs');
  const platform = await NodeStudio.create({
    named: [...(await sorted(names)), ...more],
    runsFolder,
    engine: { threads: 1, blas: false },
  });
  return {
    platform,
    runsFolder,
    close: async () => {
      await platform.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `cardinal studio` within this process; on `port`, if it is to come back where it was. */
export async function serveMachine(
  { platform }: Pick<TestPlatform, 'platform'>,
  port = 0,
): Promise<TestStudio> {
  const app: FastifyInstance = await createStudio({ platform, token, folder: page });
  await app.listen({ host: '127.0.0.1', port });
  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { origin, url: `${origin}/?token=${token}`, close: () => app.close() };
}

/** The static build on a plain server of files, in a folder below its root. */
export async function serveStatic(
  isolated: boolean,
): Promise<TestStudio & { readonly requests: readonly string[] }> {
  const server = await servePages({ isolated, folders: { '/some/folder': page } });
  const url = `${server.origin}/some/folder/index.html`;
  return { origin: server.origin, url, requests: server.requests, close: () => server.close() };
}
