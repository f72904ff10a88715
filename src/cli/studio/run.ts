import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withEndings } from '../../base/endings.ts';
import { studioPage } from '../../node/package-files.ts';
import { createStudio } from '../../serve/studio/create-studio.ts';
import { sorted } from '../../serve/studio/platform/named.ts';
import { NodeStudio } from '../../serve/studio/platform/node-studio.ts';
import { newToken } from '../../serve/studio/token.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { print, tell } from '../output/print.ts';
import { onInterrupt } from '../process/interrupt.ts';
import { checkFree, listenError } from '../serve/listen.ts';
import { openBrowser } from './open-browser.ts';
import { withBundled } from './with-bundled.ts';

/** Flags of `cardinal studio`. */
export interface StudioFlags extends EngineFlags {
  readonly runs: string;
  readonly port: number;
  readonly open: boolean;
}

const host = '127.0.0.1';

/** `cardinal studio`: serves the page until a signal ends it. */
export async function studio(
  names: readonly string[],
  { runs, port, open, backend, threads, blas }: StudioFlags,
): Promise<void> {
  const named = await sorted(names);
  await checkFree({ host, port, flag: '--port' });
  await withEndings(async (endings) => {
    const platform = await NodeStudio.create({
      named: withBundled(named),
      runsFolder: resolve(runs),
      engine: { name: backend, threads, blas },
    });
    endings.add(() => platform.dispose());
    const token = newToken();
    const folder = fileURLToPath(new URL('.', studioPage()));
    const app = await createStudio({ platform, token, folder });
    endings.add(() => app.close());
    await app.listen({ host, port }).catch((error: unknown) => {
      throw listenError(error, { host, port, flag: '--port' });
    });
    const bound = app.server.address();
    const actual = typeof bound === 'object' && bound !== null ? bound.port : port;
    const url = `http://${host}:${actual}/?token=${token}`;
    const interrupt = onInterrupt('ending the studio; a run that trains is saved', tell);
    endings.add(() => {
      interrupt.release();
    });
    print(url);
    tell(`the studio computes with ${platform.about.engine}; Ctrl-C ends it`);
    if (open) await openBrowser(url).catch(() => undefined);
    await new Promise<void>((resolve) => {
      interrupt.signal.addEventListener('abort', () => {
        resolve();
      });
    });
    process.exitCode = interrupt.exitCode;
  });
}
