import { html, Html } from '../../report/html.ts';
import { section, shell } from '../../report/parts.ts';
import { styleLinks } from '../page/links.ts';
import { commandOf, operations, type Described, type OpenApi } from './document.ts';
import { tags, type Content, type Operation, type Tag } from './operation.ts';

/** The description of a server for people: one page without scripts, in the style that lies beside it. */
export function docsPage(document: OpenApi, described: Described): string {
  const key = described.needsKey
    ? html`<p>
        Requests need the key of this server, as <code>Authorization: Bearer …</code> or
        <code>X-API-Key</code>.
      </p>`
    : undefined;
  const body = html`<header>
      <h1>Cardinal: routes of this server</h1>
      <p>
        <a href="openapi.json">openapi.json</a> is the same for programs (OpenAPI 3.1).
        <a href=".">The page</a> tries a picture.
      </p>
    </header>
    <main>${key} ${tagNames.map((tag) => partOf(tag, document, described))}</main>`;
  return shell('Cardinal: routes', styleLinks, body);
}

const tagNames = Object.keys(tags) as Tag[]; // The keys of a table typed by them.

function partOf(tag: Tag, document: OpenApi, described: Described): Html | undefined {
  const routes = operations.filter((operation) => operation.tag === tag);
  const title = tag[0].toUpperCase() + tag.slice(1);
  return section(
    title,
    plainText(tags[tag]),
    html`${routes.map((operation) => routeOf(operation, document, described))}`,
  );
}

function routeOf(operation: Operation, { paths }: OpenApi, described: Described): Html {
  const { method, path, summary, description, body = {}, answers, errors, isOpen = false } = operation;
  const { parameters } = paths[path][method] as { readonly parameters: readonly Parameter[] };
  const example = (kind: string, content: Readonly<Record<string, Content>> | undefined): Html[] =>
    Object.entries(content ?? {}).flatMap(([type, { example }]) =>
      example === undefined
        ? []
        : [
            html`<p>${kind} <code>${type}</code></p>
              <pre>${linesOf(JSON.stringify(example, undefined, 2))}</pre>`,
          ],
    );
  const first = Object.values(answers)[0];
  return html`<details class="route">
    <summary><code>${method.toUpperCase()} ${path}</code> <span>${summary}</span></summary>
    ${description && html`<p>${plainText(description)}</p>`}
    <pre>${commandOf(operation, described)}</pre>
    ${parameters.length > 0 ? parametersTable(parameters) : undefined} ${example('Body,', body)}
    ${example('Answer,', first.content)}
    <p class="lead">
      ${Object.keys(answers).join(', ')}${errors.length > 0 ? `; errors ${errors.join(', ')}` : ''}${
        isOpen && described.needsKey ? '; needs no key' : ''
      }
    </p>
  </details>`;
}

/** Without the marks of Markdown that descriptions have for code. */
function plainText(markdown: string): string {
  return markdown.replaceAll('`', '');
}

/** Text within `pre`: line ends of strangers' texts are shown, these are ours. */
function linesOf(text: string): Html {
  return html`${text.split('\n').map((line) => html`${line}${new Html('\n')}`)}`;
}

/** A parameter object of OpenAPI. */
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly schema: { readonly default?: string | number };
}

function parametersTable(parameters: readonly Parameter[]): Html {
  return html`<table>
    <tbody>
      ${parameters.map(
        ({ name, in: place, description, schema }) =>
          html`<tr>
            <th scope="row"><code>${name}</code></th>
            <td>${place}</td>
            <td>${description}${schema.default === undefined ? '' : ` Default: ${schema.default}.`}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}
