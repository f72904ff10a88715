import type { HtmlFacts } from 'cardinal-nn/studio';
import type { ScriptUrls } from 'cardinal-nn/web';

/** What this file carries. */
export interface Inside {
  readonly scripts: ScriptUrls;
  readonly weights: Blob;
  /** Of all that is in the file. */
  readonly licences: string;
}

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
  const script = async (name: string): Promise<string> => urlOf(await unzipped(name), 'text/javascript');
  const kernels = async (name: string): Promise<string> => urlOf(await unzipped(name), 'application/wasm');
  return {
    scripts: {
      engine: await script('engine'),
      pictures: await script('pictures'),
      kernels: { relaxed: await kernels('relaxed'), simd: await kernels('simd') },
      jpeg: { script: await script('jpeg'), wasm: await kernels('decoder') },
    },
    weights: new Blob(weights),
    licences: await (await unzipped('licences')).text(),
  };
}

function urlOf(blob: Blob, type: string): string {
  return URL.createObjectURL(new Blob([blob], { type }));
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
