import { base64 } from '../../base/base64.ts';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { listModels } from '../../models/registry.ts';
import { entriesOf, safetensorsParts } from '../../weights/safetensors.ts';
import { metadataFor } from '../describe.ts';
import { requireClassNames } from '../require-class-names.ts';
import { requirePerChannel } from '../per-channel.ts';
import { requirePreprocessing } from '../require-preprocessing.ts';
import type { Trained } from '../trained.ts';
import { htmlFacts } from './facts.ts';
import type { HtmlFiles } from './files.ts';
import { requireHtmlSize, weightBytes } from './size.ts';

/** Where the page has its place for what is in it. */
const mark = '<!-- inside -->';

/** Bytes of weights in one element: a page takes one after the other, and never holds a text of all. */
const blockBytes = 3 * 2 ** 20;

/**
 * A trained network as an HTML file that classifies pictures offline, in parts: the page, its scripts and the weights, all within. It needs
 * to know how pictures are prepared.
 *
 * Everything is written as JSON without `<` or in base64, so that no name in it can end its element. Throws a `CardinalError` if the page
 * could not use the network: it gives numbers, is none of the registry, has channels that no picture has, or too many weights; or if class
 * names or preprocessing do not fit it.
 */
export async function* htmlParts(
  trained: Trained,
  { page, ...scripts }: HtmlFiles,
  title: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  requireUsable(trained);
  const text = new TextDecoder().decode(page);
  const at = text.indexOf(mark);
  if (at < 0) throw new CardinalError('the page for HTML files has no place for a network: build it anew');
  yield utf8(text.slice(0, at));
  const facts = JSON.stringify(htmlFacts(trained, title)).replaceAll('<', '\\u003c');
  yield utf8(block('facts', facts, 'application/json'));
  for (const [name, bytes] of Object.entries(scripts)) yield utf8(block(name, base64(await gzip(bytes))));
  const file = safetensorsParts(entriesOf(trained.model.stateDict()), metadataFor(trained));
  for await (const bytes of inBlocks(file)) yield utf8(block('weights', base64(bytes)));
  yield utf8(text.slice(at + mark.length));
}

function requireUsable({
  model,
  description: { name },
  task,
  channels,
  classes,
  preprocessing: known,
}: Trained): void {
  if (task === 'numbers') {
    throw new CardinalError(
      `${name} gives numbers, a page shows classes and labels: cardinal predict prints numbers`,
    );
  }
  if (!listModels().includes(name)) {
    throw new CardinalError(`${name} is no network of the registry, so a page could not build it`);
  }
  if (channels !== 1 && channels !== 3) {
    throw new UsageError(`${name}: pictures have 1 or 3 channels, got a network of ${channels}`);
  }
  const preprocessing = requirePreprocessing(known, name);
  if (preprocessing.channels !== channels) {
    throw new UsageError(
      `${name}: expected preprocessing of ${channels} ${channels === 1 ? 'channel' : 'channels'}, the network's, got ${preprocessing.channels}`,
    );
  }
  requirePerChannel(preprocessing);
  requireClassNames(name, model, classes);
  requireHtmlSize(name, weightBytes(model));
}

/** Data of the page: no browser runs a script of such a type. */
function block(name: string, content: string, type = 'text/plain'): string {
  return `<script type="${type}" data-inside="${name}">${content}</script>\n`;
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const zipped = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
}

/** The same bytes in parts of one length, but for the last. */
async function* inBlocks(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let whole = new Uint8Array(blockBytes);
  let filled = 0;
  for await (const part of parts) {
    for (let at = 0; at < part.length;) {
      const some = part.subarray(at, at + blockBytes - filled);
      whole.set(some, filled);
      at += some.length;
      filled += some.length;
      if (filled < blockBytes) continue;
      yield whole;
      whole = new Uint8Array(blockBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield whole.subarray(0, filled);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
