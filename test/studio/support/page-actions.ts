import { expect } from 'vitest';
import type { TestPage } from '../../browser/support/browsers.ts';
import { readUntil } from '../../support/eventually.ts';

/** What a visitor does on a page of the studio, in either browser. Everything is found by the name that a screen reader says. */

interface Choice {
  readonly label: string;
  readonly value: string;
}
/** Of the page's document; its types are not those of Node. */
interface Control {
  readonly tagName: string;
  readonly textContent: string | null;
  readonly disabled?: boolean;
  readonly options?: Iterable<Choice>;
  readonly selectedOptions?: Iterable<Choice>;
  value: string;
  getAttribute(name: string): string | null;
  closest(selector: string): { readonly textContent: string | null } | null;
  dispatchEvent(event: Event): boolean;
  click(): void;
}
declare const document: {
  readonly body: { readonly innerText: string };
  querySelectorAll(selector: string): Iterable<Control>;
};

/** Presses a button, or follows a link, once it is there and may be pressed. */
export async function press(page: TestPage, name: string): Promise<void> {
  const isPressed = await readUntil(
    () =>
      page.evaluate((wanted) => {
        // A room's button may be called as its link is.
        const found = ['button', 'a']
          .flatMap((tag) => [...document.querySelectorAll(tag)])
          .find(
            (each) =>
              (each.getAttribute('aria-label') ?? each.textContent ?? '').trim() === wanted &&
              each.disabled !== true,
          );
        found?.click();
        return found !== undefined;
      }, name),
    (isDone) => isDone,
  );
  expect(isPressed, `a button or link "${name}" in:\n${await textOf(page)}`).toBe(true);
}

/** Fills in the last field of that name, once it is there: a text, or one of the choices by what it is called. */
export async function fill(page: TestPage, label: string, value: string): Promise<void> {
  const isFilled = await readUntil(
    () =>
      page.evaluate(
        (asked) => {
          const found = [...document.querySelectorAll('input, select')].findLast((each) => {
            const by = each.getAttribute('id');
            const labels = by === null ? [] : [...document.querySelectorAll(`label[for="${by}"]`)];
            const around = each.closest('label')?.textContent ?? '';
            const names = [each.getAttribute('aria-label'), ...labels.map(({ textContent }) => textContent)];
            return names.includes(asked.label) || around.trim().startsWith(asked.label);
          });
          if (found === undefined) return false;
          const chosen = [...(found.options ?? [])].find((option) => option.label === asked.value);
          if (found.tagName === 'SELECT' && chosen === undefined) return false;
          found.value = chosen?.value ?? asked.value;
          found.dispatchEvent(new Event('input', { bubbles: true }));
          found.dispatchEvent(new Event('change', { bubbles: true }));
          return true;
        },
        { label, value },
      ),
    (isDone) => isDone,
  );
  expect(isFilled, `a field "${label}" for "${value}" in:\n${await textOf(page)}`).toBe(true);
}

/** Gives files to the input of that name. */
export async function give(page: TestPage, label: string, files: readonly string[]): Promise<void> {
  await page.setFiles(`input[aria-label="${label}"]`, files);
}

/** Milliseconds in which a page says what it computes, training included: on a busy machine one thread may do all of it. */
const computed = 240_000;

/** What the page says once it says that; fails if it never does. */
export async function says(page: TestPage, pattern: RegExp): Promise<RegExpExecArray> {
  const text = await readUntil(
    () => textOf(page),
    (now) => pattern.test(now),
    computed,
  );
  expect(text).toMatch(pattern);
  const found = pattern.exec(text);
  if (found === null) throw new Error('what matches has a match');
  return found;
}

/** All that is to be read on the page, and at its end what is chosen from lists: in Firefox that is no part of `innerText`. */
export function textOf(page: TestPage): Promise<string> {
  return page.evaluate(() => {
    const chosen = [...document.querySelectorAll('select')].flatMap(({ selectedOptions }) =>
      [...(selectedOptions ?? [])].map(({ label }) => label),
    );
    return [document.body.innerText, ...chosen].join(' ').replaceAll(/\s+/g, ' ');
  }, undefined);
}
