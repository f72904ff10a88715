import { count } from './format.ts';
import { html, type Html } from './html.ts';
import { name } from './parts.ts';
import { shade } from './shade.ts';

/** Up to this many classes each cell has room for its count. */
export const mostCounted = 24;

/**
 * The matrix as a table, so that it takes the room there is, can be copied, and is read out by a screen reader. Where the
 * page is narrow its columns are headed by numbers, which stand before the names of the rows.
 */
export function confusionTable(confusion: readonly (readonly number[])[], names: readonly string[]): Html {
  const many = names.length > 12 ? ' many' : '';
  return html`<div class="fits">
    <table class="matrix${many}" style="--classes:${names.length}">
      <thead>
        <tr>
          <td></td>
          ${names.map((title, index) => html`<th scope="col" title="${title}"><span class="name">${title}</span><span class="number">${index}</span></th>`)}
        </tr>
      </thead>
      <tbody>
        ${confusion.map((row, truth) => {
          const total = row.reduce((sum, value) => sum + value, 0);
          const cells = row.map((value, guess) => cell(value, value / total, { names, truth, guess }));
          return html`<tr>
            <th scope="row" title="${names[truth]}">
              <span class="number">${truth}</span> ${name(names[truth])}
            </th>
            ${cells}
          </tr> `;
        })}
      </tbody>
    </table>
  </div>`;
}

interface Place {
  readonly names: readonly string[];
  readonly truth: number;
  readonly guess: number;
}

/** A count on its shade, in ink that can be read on it. */
function cell(value: number, share: number, { names, truth, guess }: Place): Html {
  if (value === 0) return html`<td></td>`;
  const strength = shade(share);
  const ink = strength > 0.75 ? ' high' : strength > 0.62 ? ' mid' : '';
  const kind = truth === guess ? 'hit' : 'miss';
  const title =
    truth === guess
      ? `${names[truth]}: ${count(value)} correct`
      : `${names[truth]} classified as ${names[guess]}: ${count(value)}`;
  const text = value > 9999 ? `${(value / 1000).toFixed(0)}k` : String(value);
  return html`<td class="${kind}${ink}" style="--s:${Math.round(100 * strength)}%" title="${title}">
    ${text}
  </td>`;
}
