import { html, type Html } from './html.ts';

/** A part of a page under a title; nothing without a body. */
export function section(title: string, lead: string | undefined, body: Html | undefined): Html | undefined {
  if (body === undefined) return undefined;
  return html`<section>
    <h2>${title}</h2>
    ${lead && html`<p class="lead">${lead}</p>`}${body}
  </section>`;
}

/** Settings, [what, which]; those without a value are left out. */
export function settingRows(rows: readonly (readonly [string, string | undefined])[]): Html {
  return html`<table class="settings">
    <tbody>
      ${rows.map(
        ([name, value]) =>
          value &&
          html`<tr>
            <th scope="row">${name}</th>
            <td>${value}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}
