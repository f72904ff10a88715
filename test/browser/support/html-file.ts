import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { metadataOf, type Description } from '../../../src/train/description.ts';
import { createModel } from '../../../src/models/registry.ts';
import { writeSafetensors } from '../../../src/weights/index.ts';
import { readUntil } from '../../support/eventually.ts';
import type { TestPage } from './browsers.ts';

/** What a page shows of a picture: classes with their probabilities, or why there are none. */
export interface Shown {
  readonly name: string;
  readonly top: readonly (readonly [string, number])[];
  readonly error: string | undefined;
}

/** What of a page is used in it. */
interface Element {
  readonly textContent: string;
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element & { readonly value: string }>;
}
interface PageGlobals {
  readonly document: Element;
}

/** Files of a test, in a folder whose name takes care in a URL. */
export class HtmlFolder {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<HtmlFolder> {
    return new HtmlFolder(await mkdtemp(join(tmpdir(), 'cardinal html #1 ')));
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  async write(name: string, content: Uint8Array | string): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

/** A checkpoint of a network that nobody trained. */
export async function checkpointOf(
  description: Pick<Description, 'model' | 'preprocessing'> & Partial<Description>,
): Promise<Uint8Array> {
  const { name, options } = description.model;
  const state = createModel(name, options).initialize(3).stateDict();
  const { channels = 3, size = [32, 32] } = description.preprocessing ?? {};
  return writeSafetensors(state, metadataOf({ ...description, input: [channels, ...size] }));
}

/** The same noise in files of three formats: of two every browser's decoder gives other bytes, or none. */
export async function noisyPictures(): Promise<Readonly<Record<string, Uint8Array>>> {
  const side = 40;
  const pixels = Uint8Array.from({ length: 3 * side * side }, (_, at) => (at * 7919 + (at >> 5)) % 251);
  const raw = sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
  const ppm = Buffer.concat([Buffer.from(`P6\n${side} ${side}\n255\n`), pixels]);
  return {
    'noise.jpg': await raw.clone().jpeg({ quality: 80 }).toBuffer(),
    'noise.png': await raw.clone().png().toBuffer(),
    'noise.ppm': ppm,
  };
}

/** Opens the file as a double click does, and waits until it is ready or says why it is not. */
export async function openFile(page: TestPage, path: string): Promise<void> {
  await page.goto(pathToFileURL(path).href);
  const state = await readUntil(
    () => textOf(page, '#classifier'),
    (text) => /About this network|cannot be opened/.test(text),
  );
  if (!state.includes('About this network')) {
    throw new Error(`${path} does not open: ${state}\n${page.console.join('\n')}`);
  }
}

export function textOf(page: TestPage, selector: string): Promise<string> {
  return page.evaluate(
    (of) => (globalThis as unknown as PageGlobals).document.querySelector(of)?.textContent ?? '',
    selector,
  );
}

/** Gives pictures to a page by its file input and reads what it shows of all it has been given, the newest first. */
export async function tryPictures(page: TestPage, paths: readonly string[], shown: number): Promise<Shown[]> {
  await page.setFiles('.drop input[accept]', paths);
  return readUntil(
    () => readShown(page),
    (found) => found.length === shown,
  );
}

export async function readShown(page: TestPage): Promise<Shown[]> {
  const found = await page.evaluate(() => {
    const { document } = globalThis as unknown as PageGlobals;
    return [...document.querySelectorAll('.tried > li')].map((item) => ({
      name: item.querySelector('.hint')?.textContent ?? '',
      classes: [...item.querySelectorAll('ol bdi')].map(({ textContent }) => textContent),
      values: [...item.querySelectorAll('data')].map(({ value }) => value),
      error: item.querySelector('[role=alert]')?.textContent,
    }));
  }, undefined);
  return found.map(({ name, classes, values, error }) => ({
    name,
    top: classes.map((one, at) => [one, Number(values[at])] as const),
    error,
  }));
}
