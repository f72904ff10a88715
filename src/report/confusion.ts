import { sum } from '../base/sum.ts';
import type { Evaluation } from '../train/metrics.ts';
import { confusionMap } from './confusion-map.ts';
import { confusionTable, mostCounted } from './confusion-table.ts';
import { count, percent } from './format.ts';
import { html, type Html } from './html.ts';

/** Beyond this many classes a matrix shows nothing; the list of mix-ups still does. */
const mostClasses = 400;

/** The confusion matrix, rows true, columns predicted: with counts for few classes, as a map for many. */
export function confusionMatrix({ perClass, confusion }: Evaluation): Html {
  const names = perClass.map(({ name }) => name);
  if (names.length > mostClasses) {
    return html`<p>
      ${count(names.length)} classes are too many for a matrix: the pairs below say the same.
    </p>`;
  }
  return names.length <= mostCounted ? confusionTable(confusion, names) : confusionMap(confusion, names);
}

/** What the matrix shows, beside what all of them do. */
export function confusionLead({ perClass }: Evaluation): string {
  return perClass.length <= mostCounted
    ? 'Rows are true classes, columns what the network took them for; a cell is shaded by its share of the row, blue where right and orange where wrong.'
    : 'Rows are true classes from top to bottom, columns what the network took them for; blue on the diagonal is right, orange beside it wrong, stronger where it is a larger share of the class.';
}

/** The pairs of classes that are mixed up most often, as a table. */
export function mixUps(evaluation: Evaluation, limit: number): Html | undefined {
  const { confusion, perClass } = evaluation;
  const pairs = confusion
    .flatMap((row, truth) => row.map((value, guess) => ({ truth, guess, value, share: value / sum(row) })))
    .filter(({ truth, guess, value }) => truth !== guess && value > 0)
    .sort((a, b) => b.value - a.value);
  if (pairs.length === 0) return undefined;
  const rest = pairs.slice(limit).reduce((total, { value }) => total + value, 0);
  return html`<table>
      <thead>
        <tr>
          <th scope="col">true class</th>
          <th scope="col">predicted class</th>
          <th scope="col" class="n">pictures</th>
          <th scope="col" class="n">of the class</th>
        </tr>
      </thead>
      <tbody>
        ${pairs.slice(0, limit).map(
          ({ truth, guess, value, share }) =>
            html`<tr>
              <th scope="row">${perClass[truth].name}</th>
              <td>${perClass[guess].name}</td>
              <td class="n">${count(value)}</td>
              <td class="n">${percent(share, 1)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
    ${rest > 0 ? html`<p class="rest">${count(pairs.length - limit)} more pairs, ${count(rest)} ${rest === 1 ? 'picture' : 'pictures'}</p>` : undefined}`;
}
