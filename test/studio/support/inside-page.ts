import type { TestPage } from '../../browser/support/browsers.ts';
import { readUntil } from '../../support/eventually.ts';

/** What of a page is used in it; its types are not those of Node. */
interface PageElement {
  readonly textContent: string;
  readonly value: string;
  readonly style: { readonly left: string; readonly width: string };
  readonly width: number;
  getAttribute(name: string): string | null;
  getContext(kind: '2d'): { getImageData(...box: number[]): { readonly data: Iterable<number> } };
  dispatchEvent(event: Event): boolean;
  click(): void;
  focus(): void;
}
interface OpenFolder {
  getDirectoryHandle(name: string, options: { create: boolean }): Promise<OpenFolder>;
  getFileHandle(
    name: string,
    options: { create: boolean },
  ): Promise<{
    createWritable(): Promise<{ write(bytes: Uint8Array): Promise<void>; close(): Promise<void> }>;
  }>;
}
declare const document: {
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
};
declare const navigator: { readonly storage: { getDirectory(): Promise<OpenFolder> } };

/** The room "Look inside" in a page, in any browser. */
export class InsidePage {
  readonly page: TestPage;

  constructor(page: TestPage) {
    this.page = page;
  }

  /** Puts weights where the page's own engine finds them: into a run of the private file system. */
  async keep(url: string, name: string, weights: Uint8Array): Promise<void> {
    await this.page.goto(url);
    await this.page.evaluate(
      async ({ run, bytes }) => {
        let folder = await navigator.storage.getDirectory();
        for (const part of ['runs', run]) folder = await folder.getDirectoryHandle(part, { create: true });
        const file = await folder.getFileHandle('best.safetensors', { create: true });
        const writing = await file.createWritable();
        await writing.write(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)));
        await writing.close();
      },
      { run: name, bytes: Buffer.from(weights).toString('base64') },
    );
  }

  /** Opens the room anew. */
  async open(url: string): Promise<void> {
    await this.page.goto('about:blank');
    await this.page.goto(`${url}#/inside`);
  }

  /** What elements say, once it is as it should be: by an attribute, or in their text. Throws what the page alerts of. */
  async all(selector: string, holds: (found: string[]) => boolean, attribute?: string): Promise<string[]> {
    const read = () =>
      this.page.evaluate(
        ([which, name]) => ({
          alerts: [...document.querySelectorAll('[role=alert]')].map(({ textContent }) => textContent),
          found: [...document.querySelectorAll(which)].map((one) =>
            name === null ? one.textContent : (one.getAttribute(name) ?? ''),
          ),
        }),
        [selector, attribute ?? null] as const,
      );
    let last = await read();
    // An engine in a page begins by loading itself, and computes on one thread.
    for (let tries = 0; tries < 4 && !holds(last.found) && last.alerts.length === 0; tries++)
      last = await readUntil(read, ({ found, alerts }) => holds(found) || alerts.length > 0);
    if (!holds(last.found) && last.alerts.length > 0)
      throw new Error(`the page says: ${last.alerts.join('; ')}`);
    return last.found;
  }

  count(selector: string, wanted: number): Promise<number> {
    return this.all(selector, ({ length }) => length === wanted).then(({ length }) => length);
  }

  /** Chooses in a list or moves a slider, as a visitor does. */
  async set(selector: string, value: string, type: 'change' | 'input' = 'change'): Promise<void> {
    await this.all(selector, ({ length }) => length > 0);
    await this.page.evaluate(
      ([which, wanted, kind]) => {
        const found = document.querySelector(which);
        if (found === null) throw new Error(`nothing is ${which}`);
        (found as { value: string }).value = wanted;
        found.dispatchEvent(new Event(kind, { bubbles: true }));
      },
      [selector, value, type] as const,
    );
  }

  /** Clicks on the element, or on the one of them that says so. */
  async click(selector: string, text = ''): Promise<void> {
    await this.all(selector, (found) => found.some((one) => one.includes(text)));
    await this.page.evaluate(
      ([which, says]) => {
        [...document.querySelectorAll(which)].find((one) => one.textContent.includes(says))?.click();
      },
      [selector, text] as const,
    );
  }

  /** Presses a key on an element. */
  async press(selector: string, key: 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'End'): Promise<void> {
    await this.page.evaluate((which) => {
      const found = document.querySelector(which);
      if (found === null) throw new Error(`nothing is ${which}`);
      found.focus();
    }, selector);
    const { playwright, puppeteer } = this.page.driver;
    await (playwright ?? puppeteer)?.keyboard.press(key);
  }

  /** Red, green and blue of a pixel of a canvas. */
  pixel(selector: string, x: number, y: number): Promise<number[]> {
    return this.page.evaluate(
      ([which, left, top]) => {
        const context = document.querySelector(which)?.getContext('2d');
        return [...(context?.getImageData(left, top, 1, 1).data ?? [])].slice(0, 3);
      },
      [selector, x, y] as const,
    );
  }

  /** What the page saves as a file by a click, as text. */
  async saved(selector: string, text: string): Promise<string> {
    await this.page.evaluate(() => {
      const page = globalThis as unknown as { saved?: Promise<string> };
      const give = URL.createObjectURL.bind(URL);
      URL.createObjectURL = (blob: Blob) => {
        page.saved = blob.text();
        return give(blob);
      };
    }, undefined);
    await this.click(selector, text);
    return this.page.evaluate(() => (globalThis as unknown as { saved: Promise<string> }).saved, undefined);
  }
}
