import type { TaskScores } from '../train/metrics.ts';
import { count, digits3, percent } from './format.ts';
import { html, type Html } from './html.ts';
import { name } from './parts.ts';

/** How well each label or number is predicted. */
export function taskTable(scores: TaskScores): Html {
  return scores.task === 'labels'
    ? table(
        ['label', 'pictures', 'average precision', 'precision', 'recall', 'F1'],
        scores.perLabel.map(({ name: label, total, averagePrecision, precision, recall, f1 }) => [
          label,
          count(total),
          ...[averagePrecision, precision, recall, f1].map((share) => percent(share, 1)),
        ]),
      )
    : table(
        ['number', 'MAE', 'RMSE', 'R²'],
        scores.perNumber.map(({ name: number, mae, rmse, r2 }) => [number, ...[mae, rmse, r2].map(digits3)]),
      );
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): Html {
  return html`<table>
    <thead>
      <tr>
        ${titles.map((title, column) =>
          column === 0 ? html`<th scope="col">${title}</th>` : html`<th scope="col" class="n">${title}</th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ([first, ...cells]) =>
          html`<tr>
            <th scope="row">${name(first)}</th>
            ${cells.map((cell) => html`<td class="n">${cell}</td>`)}
          </tr> `,
      )}
    </tbody>
  </table>`;
}
