import { html, Html } from './html.ts';
import { style } from './style.ts';

/**
 * For the head of a page: it shows what it holds itself and loads and runs nothing, whatever names of strangers might get into
 * it.
 */
const policy = html`<meta
  http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
/>`;

/** A page that needs nothing beside itself: the style of reports, and what `css` adds to it. */
export function page(title: string, css: string, body: Html): string {
  const head = html`${policy}
    <style>
      ${new Html(style + css)}
    </style>`;
  return shell(title, head, body);
}

/** The shell of any page; `head` says what it may load, and how it looks. */
export function shell(title: string, head: Html, body: Html): string {
  const whole = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${head}
      </head>
      <body>
        ${body}
      </body>
    </html> `;
  return whole.text;
}

/** The name of a class or a file within other text, whose order one written from right to left does not change. */
export function name(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/** A part of a page under a title; nothing without a body. */
export function section(title: string, lead: string | undefined, body: Html | undefined): Html | undefined {
  if (body === undefined) return undefined;
  return html`<section>
    <h2>${title}</h2>
    ${lead && html`<p class="lead">${lead}</p>`}${body}
  </section>`;
}

/** What a reader should know before the figures; nothing if there are no lines. */
export function notes(lines: readonly string[]): Html | undefined {
  if (lines.length === 0) return undefined;
  return html`<div class="notes" role="note">${lines.map((line) => html`<p>${line}</p>`)}</div>`;
}

/** Settings, [what, which]; those without a value are left out. */
export function settingRows(rows: readonly (readonly [string, string | undefined])[]): Html {
  return html`<table class="settings">
    <tbody>
      ${rows.map(
        ([what, value]) =>
          value &&
          html`<tr>
            <th scope="row">${what}</th>
            <td>${value}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}
