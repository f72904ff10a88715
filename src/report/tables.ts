import type { Evaluation } from '../train/metrics.ts';
import { mostCounted } from './confusion-table.ts';
import type { ReportData } from './data.ts';
import { count, percent } from './format.ts';
import { html, Html } from './html.ts';
import { name, settingRows } from './parts.ts';

/** Columns of the table of classes, and whether a reader wants the largest or the smallest first. */
const columns = [
  { key: 'name', title: 'class' },
  { key: 'total', title: 'pictures' },
  { key: 'precision', title: 'precision' },
  { key: 'recall', title: 'recall' },
  { key: 'f1', title: 'F1' },
] as const;
type Key = (typeof columns)[number]['key'];

/**
 * Precision, recall and F1 of every class. The page has no script: each row knows its place in every order, and the chosen
 * order is a radio button that the style sheet looks at.
 */
export function perClassTable({ perClass }: Evaluation): Html {
  // The map of a large confusion matrix has numbers where the page is narrow.
  const numbered = perClass.length > mostCounted;
  const places = columns.map(({ key }) => placesBy(perClass, key));
  return html`<table class="sortable" role="table">
    <thead role="rowgroup">
      <tr role="row">
        ${columns.map(({ key, title }) => heading(key, title))}
        <td class="meter"></td>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${perClass.map(({ name: title, total, precision, recall, f1 }, index) => {
        const order = columns.map(({ key }, column) => `--${key}:${places[column][index]}`).join(';');
        return html`<tr role="row" style="${order}">
          <th scope="row" role="rowheader">
            ${numbered ? html`<span class="number">${index}</span>` : undefined} ${name(title)}
          </th>
          <td role="cell" class="n">${count(total)}</td>
          <td role="cell" class="n">${percent(precision, 1)}</td>
          <td role="cell" class="n">${percent(recall, 1)}</td>
          <td role="cell" class="n">${percent(f1, 1)}</td>
          <td class="meter right">${bar(f1)}</td>
        </tr> `;
      })}
    </tbody>
  </table>`;
}

function heading(key: Key, title: string): Html {
  const choice = (direction: 'up' | 'down', mark: string, label: string): Html =>
    html`<label title="${label}"
      ><input
        type="radio"
        name="order"
        class="by-${key}-${direction}"
        aria-label="${label}"
        ${new Html(key === 'name' && direction === 'up' ? 'checked' : '')}
      /><span aria-hidden="true">${mark}</span></label
    >`;
  const [first, last] = key === 'name' ? ['in order', 'in reverse order'] : ['lowest first', 'highest first'];
  return html`<th scope="col" role="columnheader" ${new Html(key === 'name' ? '' : ' class="n"')}>
    ${title}<span class="order"
      >${choice('up', '▲', `${title}: ${first}`)}${choice('down', '▼', `${title}: ${last}`)}</span
    >
  </th>`;
}

/** The rules that put rows into the order whose radio button is checked. */
export const sortingStyle = columns
  .flatMap(({ key }) => [
    `.sortable:has(.by-${key}-up:checked) tbody tr { order: var(--${key}); }`,
    `.sortable:has(.by-${key}-down:checked) tbody tr { order: calc(-1 * var(--${key})); }`,
  ])
  .join('\n');

/** The place of each class if they are sorted by a column, the smallest first; classes themselves are in order already. */
function placesBy(perClass: Evaluation['perClass'], key: Key): number[] {
  if (key === 'name') return perClass.map((_, index) => index);
  const order = perClass.map((_, index) => index).sort((a, b) => perClass[a][key] - perClass[b][key]);
  const places = perClass.map(() => 0);
  order.forEach((index, place) => {
    places[index] = place;
  });
  return places;
}

/** What was not read of the data: each kind, and behind it the names. */
export function leftOutList(kinds: ReportData['leftOut']): Html {
  return html`<div class="groups">
    ${kinds.map(({ what, count: all, paths }) => {
      const more = all > paths.length ? ` and ${count(all - paths.length)} more` : '';
      return html`<details>
        <summary><span class="pair">${what}</span></summary>
        <p class="id">${paths.map((path, at) => html`${at === 0 ? '' : ', '}${name(path)}`)}${more}</p>
      </details>`;
    })}
  </div>`;
}

/** Pictures without a place in a list. */
const mostSkipped = 500;

/** Pictures that could not be read, and why. */
export function skippedList(skipped: NonNullable<ReportData['skipped']>): Html {
  const more = skipped.length - mostSkipped;
  return html`<div class="groups">
    <details>
      <summary>
        <span class="pair">${skipped.length === 1 ? '1 picture' : `${count(skipped.length)} pictures`}</span>
      </summary>
      ${skipped.slice(0, mostSkipped).map(({ id, reason }) => html`<p><bdi class="id">${id}</bdi> <span class="soft">${reason}</span></p>`)}
      ${more > 0 ? html`<p class="soft">and ${count(more)} more</p>` : undefined}
    </details>
  </div>`;
}

/** The settings of the run and the command that repeats it. */
export function settingsTable({ settings, command }: ReportData): Html {
  return html`${command === undefined ? undefined : html`<pre>${command}</pre>`} ${settingRows(settings)}`;
}

export function bar(share: number): Html {
  const width = Number.isFinite(share) ? (100 * share).toFixed(1) : '0';
  return html`<span class="bar" style="width:${width}%"></span>`;
}
