import type { ReportedPicture, ReportData } from './data.ts';
import { count, percent } from './format.ts';
import { html, type Html } from './html.ts';
import { name } from './parts.ts';
import { pairsOf, type Pair } from './pairs.ts';
import { bar } from './tables.ts';

/** Names of misclassified pictures without a picture that a page lists. */
const mostNames = 2000;

/** Pictures with what the network takes them for. Right and wrong ones differ by mark, word and colour. */
export function sampleCards(samples: readonly ReportedPicture[], classes: readonly string[]): Html {
  return html`<div class="samples">${samples.map((sample) => card(sample, classes))}</div>`;
}

/** Pairs of classes that are listed at once; the others are behind a headline. */
const mostPairs = 40;

/** Misclassified pictures by pair of true and predicted class, each behind its headline; the first few are open. */
export function misclassifiedGroups({ misclassified, classes }: ReportData): Html {
  let names = mostNames;
  const pairs = pairsOf(misclassified);
  const groups = pairs.map((pair, rank) => {
    const listed = Math.min(names, pair.pictures.filter(({ picture }) => picture === undefined).length);
    names -= listed;
    return group(pair, classes, { open: rank < 2, listed });
  });
  if (pairs.length <= mostPairs) return html`<div class="groups">${groups}</div>`;
  const rest = pairs.slice(mostPairs).reduce((total, { pictures }) => total + pictures.length, 0);
  return html`<div class="groups">
    ${groups.slice(0, mostPairs)}
    <details class="more">
      <summary>
        <span class="pair">${count(pairs.length - mostPairs)} more pairs</span
        ><span class="n">${count(rest)}</span>
      </summary>
      ${groups.slice(mostPairs)}
    </details>
  </div>`;
}

/** How many of the misclassified pictures the page shows, and where all of them are listed. */
export function misclassifiedLead({ misclassified, misclassifiedFile }: ReportData): string {
  const shown = misclassified.filter(({ picture }) => picture !== undefined).length;
  const all = misclassified.length;
  const what =
    shown === all ? `All ${count(all)} of them` : `${count(all)} pictures, ${count(shown)} of them shown`;
  const rest =
    misclassifiedFile === undefined ? '' : ` ${misclassifiedFile}, beside this page, lists them all.`;
  const explained = misclassified.filter(({ map }) => map !== undefined).length;
  const maps =
    explained === 0
      ? ''
      : ` ${explained === all ? 'Beside each' : `Beside ${count(explained)} of them`} stands what spoke for the wrong class (Grad-CAM).`;
  return `${what}, by true and predicted class; the most frequent pairs and the most confident mistakes come first. A picture enlarges when it is chosen.${maps}${rest}`;
}

function group(
  { label, predicted, pictures }: Pair<ReportedPicture>,
  classes: readonly string[],
  { open, listed }: { readonly open: boolean; readonly listed: number },
): Html {
  const shown = pictures.filter(({ picture }) => picture !== undefined);
  const others = pictures.filter(({ picture }) => picture === undefined);
  const unlisted = others.length - listed;
  return html`<details${open ? html` open` : undefined}>
    <summary>
      <span class="pair">${name(classes[label])} <span class="wrong">classified as</span> ${name(classes[predicted])}</span>
      <span class="n">${count(pictures.length)}</span>
    </summary>
    <div class="samples small">
      ${shown.map(
        ({ picture, map, id, top }) =>
          html`<figure class="sample">
            ${picture && enlarging({ picture, map }, { alt: classes[label], predicted: classes[predicted] })}
            <figcaption>
              <bdi class="id">${id}</bdi>
              <span class="soft">${percent(top[0]?.probability ?? NaN, 1)}</span>
            </figcaption>
          </figure>`,
      )}
    </div>
    ${listed > 0 ? html`<p class="soft">not shown: ${others.slice(0, listed).map(({ id }, at) => html`${at === 0 ? '' : ', '}<bdi class="id">${id}</bdi>`)}</p>` : undefined}
    ${unlisted > 0 ? html`<p class="soft">and ${count(unlisted)} more</p>` : undefined}
  </details>`;
}

function card(
  { picture, map, id, label, predicted, top }: ReportedPicture,
  classes: readonly string[],
): Html {
  const right = predicted === label;
  return html`<div class="sample">
    ${picture && enlarging({ picture, map }, { alt: classes[label], predicted: classes[predicted] })}
    <p class="id">${id}</p>
    <p class="truth">
      <span class="mark ${right ? 'right' : 'wrong'}" title="${right ? 'right' : 'wrong'}"
        >${right ? '✓' : '✗'}</span
      >
      ${name(classes[label])}
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

/** A picture, with the map beside it if there is one, that fills the window while its box is checked: the page has no script. */
function enlarging(
  { picture, map }: { readonly picture: string; readonly map: string | undefined },
  { alt, predicted }: { readonly alt: string; readonly predicted: string },
): Html {
  return html`<label class="enlarging"
    ><input type="checkbox" aria-label="enlarge" /><span class="shots"
      ><img
        src="${picture}"
        loading="lazy"
        decoding="async"
        alt="${alt}"
      />${map && html`<img src="${map}" loading="lazy" decoding="async" alt="what spoke for ${predicted}" />`}</span
    ></label
  >`;
}
