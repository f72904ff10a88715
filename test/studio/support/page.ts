import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TestBrowser, TestPage } from '../../browser/support/browsers.ts';
import { openPlatform, serveMachine, serveStatic, type TestStudio } from './studio.ts';

/** A page of Chromium's in a room of a studio; without a room as one that begins. */
export async function openRoom(
  browser: TestBrowser,
  studio: TestStudio,
  room?: string,
): Promise<{ readonly page: Page; readonly opened: TestPage }> {
  const opened = await browser.newPage();
  const page = opened.driver.playwright;
  if (page === undefined) throw new Error('expected Chromium to be driven by Playwright');
  // What is unsaved asks before it goes: tests let it go.
  page.on('dialog', (dialog) => void dialog.accept().catch(() => undefined));
  await opened.goto(room === undefined ? studio.url : `${studio.url}#/${room}`);
  await page
    .locator('.engine')
    .getByText(/^(This machine|In this page): /)
    .waitFor();
  return { page, opened };
}

/** Waits until the camera shows something. */
export async function filmed(page: Page): Promise<void> {
  await expect
    .poll(() => page.locator('video').evaluate((video: { readonly videoWidth: number }) => video.videoWidth))
    .toBeGreaterThan(0);
}

/** Digits of a row of a table, added up: small numbers stand side by side in its text. */
export function sumOfDigits(text: string): number {
  return Array.from(text.matchAll(/\d/g), ([digit]) => Number(digit)).reduce((sum, each) => sum + each, 0);
}

/** Both engines, each with nothing but the bundled pictures. */
export const engines = [
  {
    where: 'this machine',
    serve: async (): Promise<TestStudio> => {
      const opened = await openPlatform();
      const studio = await serveMachine(opened);
      return {
        ...studio,
        close: async () => {
          await studio.close();
          await opened.close();
        },
      };
    },
  },
  { where: 'the page', serve: (): Promise<TestStudio> => serveStatic(true) },
] as const;
