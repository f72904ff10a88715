import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HubOptions } from '../../src/node/hub/repo.ts';
import { FakeHub } from './fake-hub.ts';

/** A fake hub, an empty home and the options that bring the two together without waiting. */
export interface HubSetup extends AsyncDisposable {
  readonly hub: FakeHub;
  readonly home: string;
  /** The repository's folder in the cache. */
  readonly folder: string;
  readonly pauses: number[];
  readonly warnings: string[];
  options(more?: HubOptions): HubOptions;
}

export async function setUpHub(): Promise<HubSetup> {
  const hub = await FakeHub.start();
  const home = await mkdtemp(join(tmpdir(), 'cardinal-hub-'));
  const pauses: number[] = [];
  const warnings: string[] = [];
  return {
    hub,
    home,
    folder: join(home, 'hf', 'hub', 'models--timm--net'),
    pauses,
    warnings,
    options: ({ env, timing, ...more } = {}) => ({
      onWarning: (message) => warnings.push(message),
      env: { HOME: home, HF_HOME: join(home, 'hf'), HF_ENDPOINT: hub.endpoint, ...env },
      timing: {
        backoff: (failures) => failures,
        sleep: (milliseconds) => {
          pauses.push(milliseconds);
          return Promise.resolve();
        },
        ...timing,
      },
      ...more,
    }),
    async [Symbol.asyncDispose]() {
      await hub.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Every file below a folder with its size, links followed, by path with `/`; nothing if there is no such folder. */
export async function listFiles(folder: string): Promise<Record<string, number>> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files: Record<string, number> = {};
  for (const name of names.toSorted()) {
    const information = await stat(join(folder, name));
    if (information.isFile()) files[name.replaceAll('\\', '/')] = information.size;
  }
  return files;
}

/** So many bytes that do not repeat. */
export function someBytes(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}
