import { digits3, percent } from './format.ts';
import { html, Html } from './html.ts';
import { name, page, section } from './parts.ts';
import { bar } from './tables.ts';

/** One picture, and why it is taken for a class. */
export interface ExplainedPicture {
  /** Its file. */
  readonly image: string;
  /** Data URLs of the picture, and of it with what speaks for the class over it. */
  readonly picture: string;
  readonly overlay: string;
  /** What the overlay was made by: "Grad-CAM". */
  readonly method: string;
  /** The class that is explained. */
  readonly label: number;
  readonly class: string;
  readonly probability: number;
  /** The likeliest classes, best first. */
  readonly top: readonly { readonly label: number; readonly class: string; readonly probability: number }[];
  /** What the paths of each block contribute to the class, if that was asked for. */
  readonly blocks: readonly BlockPaths[] | undefined;
}

/** The paths of a block, in their order: how large each is beside their sum, and what the class's logit loses without it. */
export interface BlockPaths {
  readonly block: string;
  readonly paths: readonly { readonly norm: number; readonly share: number; readonly effect: number }[];
}

/** Explanations of pictures as one HTML page that needs nothing beside itself: no network, no script, pictures inside. */
export function renderExplanations(model: string, pictures: readonly ExplainedPicture[]): string {
  const body = html`<header>
      <h1>Why ${name(model)} takes a picture for its class</h1>
      <p>${pictures.length === 1 ? 'One picture' : `${pictures.length} pictures`}</p>
    </header>
    <main>${pictures.map(explained)}</main>
    <footer>
      Made by Cardinal. In colours: what speaks for the class, the brighter the more; what the network did not
      see is dark.
    </footer>`;
  return page(`Why ${model} takes a picture for its class`, css, body);
}

function explained(one: ExplainedPicture): Html | undefined {
  const { image, picture, overlay, method, top, blocks } = one;
  const asked = top.some(({ label }) => label === one.label) ? top : [...top, one];
  return section(
    image,
    `Taken for ${top[0]?.class ?? one.class}; what speaks for ${one.class} (${percent(one.probability, 1)}), by ${method}.`,
    html`<div class="why">
        <img src="${picture}" alt="${image}" />
        <img src="${overlay}" alt="What speaks for ${one.class}, in colours" />
        <div class="sample">
          <ol>
            ${asked.map(
              ({ label, class: called, probability }) =>
                html`<li${label === one.label ? html` class="true"` : undefined}>
                  <span title="${called}">${called}</span>
                  <span>${percent(probability, 1)}</span>
                  <span class="track ${label === one.label ? 'right' : 'soft'}">${bar(probability)}</span>
                </li>`,
            )}
          </ol>
        </div>
      </div>
      ${blocks && pathTable(blocks, one.class)}`,
  );
}

/** A row for each block, with a bar for each path: as high as the path is large, and as what the class loses without it. */
function pathTable(blocks: readonly BlockPaths[], called: string): Html {
  const effects = blocks.flatMap(({ paths }) => paths.map(({ effect }) => Math.abs(effect)));
  const most = effects.reduce((a, b) => Math.max(a, b), 0);
  return html`<p class="soft">
      What each path of a block contributes to ${name(called)}. Left: how large it is beside the sum of all.
      Right: what the logit loses if this path alone is left out, upwards if it speaks for the class,
      downwards if against it; all blocks on one scale, to ${digits3(most)}.
    </p>
    <table class="paths">
      <thead>
        <tr>
          <th scope="col">block</th>
          <th scope="col" class="n">paths</th>
          <th scope="col">size</th>
          <th scope="col">effect</th>
          <th scope="col">strongest</th>
        </tr>
      </thead>
      <tbody>
        ${blocks.map(({ block, paths }) => {
          const strongest = strongestOf(paths);
          const largest = paths.reduce((size, { norm }) => Math.max(size, norm), 0);
          return html`<tr>
            <th scope="row">${block}</th>
            <td class="n">${paths.length}</td>
            <td>
              ${bars(
                `Sizes of the ${paths.length} paths of ${block}`,
                paths.map(({ norm }) => norm),
                largest,
              )}
            </td>
            <td>
              ${bars(
                `Effects of the ${paths.length} paths of ${block}`,
                paths.map(({ effect }) => effect),
                most,
              )}
            </td>
            <td>${strongest}</td>
          </tr> `;
        })}
      </tbody>
    </table>`;
}

/** The path without which the class loses, or gains, most, in words: "path 13, −0.42". */
export function strongestOf(paths: BlockPaths['paths']): string {
  const at = paths.reduce(
    (best, { effect }, path) => (Math.abs(effect) > Math.abs(paths[best].effect) ? path : best),
    0,
  );
  const { effect } = paths[at];
  return `path ${at}, ${effect < 0 ? '−' : '+'}${digits3(Math.abs(effect))}`;
}

const height = 36;

function bars(title: string, values: readonly number[], most: number): Html {
  const step = values.length > 48 ? Math.max(1, 240 / values.length) : 5;
  const signed = values.some((value) => value < 0);
  const middle = signed ? height / 2 : height;
  const drawn = values.map((value, path) => {
    const size = most === 0 ? 0 : (Math.abs(value) / most) * (middle - 1);
    const top = value < 0 ? middle : middle - size;
    const side = value < 0 ? 'wrong' : 'right';
    return html`<rect
      class="${side}"
      x="${(path * step).toFixed(1)}"
      y="${top.toFixed(1)}"
      width="${(step * 0.8).toFixed(1)}"
      height="${Math.max(size, 0.5).toFixed(1)}"
      fill="currentColor"
      ><title>path ${path}: ${value < 0 ? '−' : ''}${digits3(Math.abs(value))}</title></rect
    >`;
  });
  const width = Math.ceil(values.length * step);
  return html`<svg
    role="img"
    aria-label="${title}"
    viewBox="0 0 ${width} ${height}"
    width="${width}"
    height="${height}"
  >
    ${drawn}
  </svg>`;
}

const css = `
.why { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(15rem, 100%), 1fr)); gap: 1rem; align-items: start; }
.why img { display: block; width: 100%; max-height: 24rem; object-fit: contain; object-position: left top; border-radius: 6px; }
.paths { width: auto; margin-top: .5rem; display: block; overflow-x: auto; }
.paths td, .paths th { padding-right: 1.25rem; vertical-align: middle; white-space: nowrap; }
.paths tbody th { overflow-wrap: normal; max-width: none; }
.paths svg { max-width: none; }
`;
