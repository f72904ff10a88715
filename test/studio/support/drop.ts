import type { Locator, Page } from 'playwright-core';

/** Lets go of files and folders of the disk over an element, as a person who drags them out of another window does. */
export async function dropOn(target: Locator, paths: readonly string[]): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (box === null) throw new Error('expected the element to be drawn');
  await dropAt(target.page(), [box.x + box.width / 2, box.y + Math.min(20, box.height / 2)], paths);
}

export async function dropAt(
  page: Page,
  [x, y]: readonly [number, number],
  paths: readonly string[],
): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  // 1: copied.
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x, y, data });
  }
  await devtools.detach();
}
