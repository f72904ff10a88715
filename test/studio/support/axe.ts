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
      rules: { 'label-content-name-mismatch': { enabled: true } },
    });
    // A part of the network's drawing is named by all that its texts say; where it is small, the drawing has the beginnings of them.
    const isShortened = (id: string, html: string): boolean =>
      id === 'label-content-name-mismatch' && html.includes('role="treeitem"');
    return violations.flatMap(({ id, nodes }) =>
      nodes.flatMap(({ html }) => (isShortened(id, html) ? [] : [`${id}: ${html}`])),
    );
  }, undefined);
}
