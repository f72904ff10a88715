import type { HtmlFacts } from 'cardinal-nn/studio';
import type { ScriptUrls } from 'cardinal-nn/web';

/** What this file carries. */
export interface Inside {
  readonly scripts: ScriptUrls;
  readonly weights: Blob;
  /** Of all that is in the file. */
  readonly licences: string;
}

/** What the engine knows the scripts by that it carries. */
const pictures = 'inside:pictures';
const jpeg = 'inside:jpeg';

/** What the file says of itself. */
export function readFacts(): HtmlFacts {
  // Written with the file: whoever changed it could have changed the script below it as well.
  return JSON.parse(textOf(oneNamed('facts'))) as HtmlFacts;
}

/** Takes out of the page what it carries; its elements are gone then, so that it is not held twice. Rejects with an `Error` if some is damaged. */
export async function takeInside(): Promise<Inside> {
  const weights: Blob[] = [];
  for (const element of named('weights')) {
    weights.push(new Blob([taken(element)]));
    // The page can show that it lives.
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (weights.length === 0) throw new Error('the file has no weights: copy or download it again');
  const text = async (name: string): Promise<string> => (await unzipped(name)).text();
  const wasm = async (name: string): Promise<string> => dataUrl(await unzipped(name), 'application/wasm');
  const others = { [pictures]: await text('pictures'), [jpeg]: await text('jpeg') };
  const worker = workerOf(await text('engine'), others);
  return {
    scripts: {
      engine: URL.createObjectURL(new Blob([worker], { type: 'text/javascript' })),
      pictures,
      kernels: { relaxed: await wasm('relaxed'), simd: await wasm('simd') },
      jpeg: { script: jpeg, wasm: await wasm('decoder') },
    },
    weights: new Blob(weights),
    licences: await text('licences'),
  };
}

/**
 * The worker's script with those that it would import, by their URLs (`src/web/on-demand.ts`): a page from the disk starts classic scripts alone, which
 * import nothing. Each is the body of a function, so that none meets names of another, and runs when it is asked for.
 */
function workerOf(engine: string, others: Readonly<Record<string, string>>): string {
  const carried = Object.entries(others).map(
    ([url, text]) => `${JSON.stringify(url)}: once(() => { 'use strict'; ${text}\nreturn inside; }),`,
  );
  return `{
const once = (make) => { let made; return () => (made ??= make()); };
globalThis[Symbol.for('cardinal-nn.scripts')] = { ${carried.join('\n')} };
}
(() => { 'use strict'; ${engine}
})();`;
}

/** Its content as a URL: in a page from the disk Chromium lets no worker fetch a Blob by its URL. */
function dataUrl(blob: Blob, type: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      // A text, since it is read as a URL.
      resolve(reader.result as string);
    };
    reader.onerror = () => {
      reject(new Error('the browser cannot read what the file carries'));
    };
    reader.readAsDataURL(new Blob([blob], { type }));
  });
}

function unzipped(name: string): Promise<Blob> {
  const zipped = new Blob([taken(oneNamed(name))]).stream();
  return new Response(zipped.pipeThrough(new DecompressionStream('gzip'))).blob();
}

function taken(element: Element): Uint8Array<ArrayBuffer> {
  const letters = atob(textOf(element));
  element.remove();
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

function textOf(element: Element): string {
  return element.textContent;
}

function named(name: string): readonly Element[] {
  return [...document.querySelectorAll(`script[data-inside="${name}"]`)];
}

function oneNamed(name: string): Element {
  const [found] = named(name);
  if ((found as Element | undefined) === undefined) {
    throw new Error(`the file has no ${name}: copy or download it again`);
  }
  return found;
}
