import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { fetchFromHub } from '../../src/node/hub/fetch.ts';
import type { HubFile, HubOptions } from '../../src/node/hub/repo.ts';
import type { HubProgress } from '../../src/hub/source.ts';
import { sha256 } from './fake-hub.ts';
import { setUpHub, someBytes, type HubSetup } from './hub-folder.ts';

export const name = 'hf:timm/net/model.safetensors';
/** What `name` holds. */
export const weights = someBytes(100_000);
/** What `config.json` beside it holds. */
export const small = someBytes(3_000, 2);
/** Bytes after which downloads of `weights` are broken off. */
export const half = 40_000;

/** The running test's own. */
export let setup: HubSetup;

/** Gives each test of a file a hub with `weights` and `small`, and an empty cache. */
export function setUpEach(): void {
  beforeEach(async () => {
    setup = await setUpHub();
    setup.hub.files.set('model.safetensors', { bytes: weights, large: true });
    setup.hub.files.set('config.json', { bytes: small, large: false });
  });
  afterEach(() => setup[Symbol.asyncDispose]());
}

export function fetchWeights(options?: HubOptions): Promise<HubFile> {
  return fetchFromHub(name, setup.options(options));
}

/** Lets the client have `half` of a body, and breaks the connection when it says so. */
export const breakAtHalf = {
  onProgress: ({ received }: HubProgress) => {
    if (received === half) setup.hub.hangUp();
  },
};

/** The message, of one line, that a download fails with. */
export async function failure(options?: HubOptions, file = name): Promise<string> {
  const failed = fetchFromHub(file, setup.options(options));
  await expect(failed).rejects.toBeInstanceOf(CardinalError);
  const message = await failed.then(String, (error: unknown) => (error as Error).message);
  expect(message).not.toContain('\n');
  return message;
}

/** Where an unfinished download of `weights` lies. */
export function part(): string {
  return join(setup.folder, 'blobs', `${sha256(weights)}.cardinal.incomplete`);
}

export async function leavePart(bytes: Uint8Array): Promise<void> {
  await mkdir(join(setup.folder, 'blobs'), { recursive: true });
  await writeFile(part(), bytes);
}
