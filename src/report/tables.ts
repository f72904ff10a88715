import type { Evaluation } from '../train/metrics.ts';
import type { ReportData, SamplePrediction } from './data.ts';
import { count, percent } from './format.ts';
import { html, type Html } from './html.ts';
import { settingRows } from './parts.ts';

/** Precision, recall and F1 of every class. */
export function perClassTable({ perClass }: Evaluation): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">class</th>
        <th scope="col" class="n">pictures</th>
        <th scope="col" class="n">precision</th>
        <th scope="col" class="n">recall</th>
        <th scope="col" class="n">F1</th>
        <th class="meter"></th>
      </tr>
    </thead>
    <tbody>
      ${perClass.map(
        ({ name, total, precision, recall, f1 }) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td class="n">${count(total)}</td>
            <td class="n">${percent(precision, 1)}</td>
            <td class="n">${percent(recall, 1)}</td>
            <td class="n">${percent(f1, 1)}</td>
            <td class="meter right">${bar(f1)}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}

/** Pictures with what the network takes them for. Right and wrong ones differ by mark, word and colour. */
export function sampleCards(samples: readonly SamplePrediction[], classes: readonly string[]): Html {
  return html`<div class="samples">${samples.map((sample) => card(sample, classes))}</div>`;
}

function card({ picture, id, label, top }: SamplePrediction, classes: readonly string[]): Html {
  const right = top[0]?.label === label;
  return html`<div class="sample">
    <img src="${picture}" alt="${classes[label]}" title="${id}" />
    <p class="truth">
      <span class="mark ${right ? 'right' : 'wrong'}" title="${right ? 'right' : 'wrong'}"
        >${right ? '✓' : '✗'}</span
      >
      ${classes[label]}
    </p>
    <ol>
      ${top.map(
        (guess) =>
          html`<li${guess.label === label ? html` class="true"` : undefined}>
            <span title="${classes[guess.label]}">${classes[guess.label]}</span>
            <span>${percent(guess.probability, 1)}</span>
            <span class="track ${guess.label === label ? 'right' : 'wrong'}">${bar(guess.probability)}</span>
          </li>`,
      )}
    </ol>
  </div> `;
}

/** The settings of the run and the command that repeats it. */
export function settingsTable({ settings, command }: ReportData): Html {
  return html`<pre>${command}</pre>
    ${settingRows(settings)}`;
}

function bar(share: number): Html {
  const width = Number.isFinite(share) ? (100 * share).toFixed(1) : '0';
  return html`<span class="bar" style="width:${width}%"></span>`;
}
