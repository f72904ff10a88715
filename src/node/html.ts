import { readFile } from 'node:fs/promises';
import { joinedParts } from '../base/joined-bytes.ts';
import { checkOptions, record, text, texts, type Kinds } from '../base/options.ts';
import { validate } from '../base/validate.ts';
import { preprocessingSchema, type Preprocessing } from '../data/preprocessing.ts';
import { htmlFileNames, htmlNetworks, type HtmlFiles, type HtmlNetworks } from '../use/html/files.ts';
import { htmlParts } from '../use/html/html-parts.ts';
import type { Trained } from '../use/trained.ts';
import { distFile } from './package-files.ts';
import { loadKinds, loadTrained, type LoadOptions } from './trained.ts';

/** How `exportHtml` loads the network, and what its page is called. */
export interface ExportHtmlOptions extends LoadOptions {
  /** The page's title. Default: the network's name. */
  readonly title?: string | undefined;
  /** How pictures become inputs. Default: as recorded in the file. */
  readonly preprocessing?: Preprocessing | undefined;
  /** Names by label. Default: the file's, else the labels' numbers. */
  readonly classes?: readonly string[] | undefined;
}

const kinds: Kinds<ExportHtmlOptions> = { ...loadKinds, title: text, preprocessing: record, classes: texts };

/**
 * A trained network as one HTML file, its bytes: it opens by a double click and classifies pictures and what the camera sees, without a
 * server and without a network. Everything is in it: weights, kernels, scripts.
 *
 *     await writeFile('pets.html', await exportHtml('runs/pets/best.safetensors', { title: 'Pets' }));
 *
 * Throws a `CardinalError` if the weights cannot be loaded, do not say how pictures are prepared, or are none that a page could use: of a
 * network that is not the registry's, that gives numbers, or of more than 512 MiB; and if `classes` or `preprocessing` do not fit it.
 */
export async function exportHtml(
  path: string | URL,
  options: ExportHtmlOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptions('exportHtml', options, kinds);
  const { title, preprocessing, classes, ...rest } = options;
  const loaded = await loadTrained(path, rest);
  const given = preprocessing && validate(preprocessingSchema, preprocessing, 'exportHtml: preprocessing');
  const trained: Trained = {
    ...loaded,
    preprocessing: given ?? loaded.preprocessing,
    classes: classes ?? loaded.classes,
  };
  return joinedParts(nodeHtmlParts(trained, title ?? trained.description.name));
}

/** The file in parts, for who writes it to the disk. */
export async function* nodeHtmlParts(
  trained: Trained,
  title: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* htmlParts(trained, await htmlFiles(htmlNetworks(trained)), title);
}

/** What such a file is put together of, read from the package. Throws a `CardinalError` if it was not built. */
export async function htmlFiles(networks: HtmlNetworks): Promise<HtmlFiles> {
  const read = Object.entries(htmlFileNames(networks)).map(
    async ([name, place]) => [name, await readFile(distFile(place))] as const,
  );
  // One for each name.
  return Object.fromEntries(await Promise.all(read)) as Partial<HtmlFiles> as HtmlFiles;
}
