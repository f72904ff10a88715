import axe from 'axe-core';
import type { TestPage } from '../../browser/support/browsers.ts';

/** What is used of a page's document; its types are not those of Node. */
declare const document: {
  createElement(name: 'script'): PageScript;
  readonly head: { append(script: PageScript): void };
};
interface PageScript {
  src: string;
  onload: () => void;
  onerror: () => void;
}

/** What axe finds wrong, as lines. */
export async function faults(page: Pick<TestPage, 'evaluate'>): Promise<string[]> {
  await page.evaluate((source) => {
    const script = document.createElement('script');
    script.src = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    return new Promise<void>((resolve, reject) => {
      script.onload = () => {
        resolve();
      };
      script.onerror = () => {
        reject(new Error('axe was not loaded'));
      };
      document.head.append(script);
    });
  }, axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
      // A part of a drawing is named by a sentence of all that its texts say, which are not in that order in the drawing.
      rules: { 'label-content-name-mismatch': { enabled: false } },
    });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }, undefined);
}
