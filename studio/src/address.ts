import { signal } from '@preact/signals';

/** What one works with, behind `?` in the address: it goes along from room to room, and a link or a reload keeps it. */
export interface Query {
  /** The run or weights that all rooms speak of, by name. */
  readonly run?: string | undefined;
  readonly weights?: string | undefined;
  /** Runs on show beside it, by name. */
  readonly with?: readonly string[] | undefined;
}

/** Where the visitor is: the address behind `#/`, such as `network/resnext50_32x4d`, in its parts. */
export const address = signal(parts());

export const query = signal(queryOf(location.hash));

window.addEventListener('hashchange', () => {
  address.value = parts();
  // A link without it, an anchor for example, leaves what one works with as it is.
  if (location.hash.includes('?')) query.value = queryOf(location.hash);
  else setQuery(query.value);
});

function parts(): readonly string[] {
  return beforeQuery(location.hash)
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
}

/** An address that somebody typed may have a percent sign that stands for nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of parts, for links. */
export function hrefOf(...parts: readonly string[]): string {
  return withQuery(`#/${parts.map(encodeURIComponent).join('/')}`);
}

/** An address with what one works with. */
export function withQuery(hash: string): string {
  return `${hash}${textOf(query.value)}`;
}

/** Changes what one works with; the address follows, without a new place in the browser's history. */
export function setQuery(next: Query): void {
  query.value = next;
  const hash = beforeQuery(location.hash);
  const text = textOf(next);
  history.replaceState(history.state, '', `${hash === '' && text !== '' ? '#/' : hash}${text}`);
}

export function queryOf(hash: string): Query {
  const given = new URLSearchParams(hash.includes('?') ? hash.slice(hash.indexOf('?') + 1) : '');
  return {
    run: given.get('run') ?? undefined,
    weights: given.get('weights') ?? undefined,
    with: given.getAll('with'),
  };
}

/** With its question mark; nothing for nothing. */
export function textOf({ run, weights, with: others = [] }: Query): string {
  const given = new URLSearchParams();
  if (run !== undefined) given.set('run', run);
  if (weights !== undefined) given.set('weights', weights);
  for (const other of others) given.append('with', other);
  const text = given.toString();
  return text === '' ? '' : `?${text}`;
}

function beforeQuery(hash: string): string {
  return hash.includes('?') ? hash.slice(0, hash.indexOf('?')) : hash;
}
