import { browsers, openBrowser } from '../browser/support/browsers.ts';

/** What is found in pages that are laid out in a browser, of one browser for all of them. */
export interface Prober {
  /**
   * Lays out `page` in a window `width` pixels wide and gives what `probe` finds there: an expression of JavaScript with
   * `document` and `window` of the page.
   */
  probe(page: string, width: number, probe: string): Promise<unknown>;
  close(): Promise<void>;
}

export const hasChromium = browsers.includes('chromium');

export async function openProber(): Promise<Prober> {
  const browser = await openBrowser('chromium');
  const shown = await browser.newPage();
  const { playwright } = shown.driver;
  if (playwright === undefined) throw new Error('not Chromium');
  return {
    probe: async (page, width, probe) => {
      await shown.setViewport({ width, height: 900 });
      await playwright.setContent(page);
      return await playwright.evaluate(probe);
    },
    close: () => browser.close(),
  };
}
