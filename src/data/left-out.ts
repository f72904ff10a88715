import { CardinalError } from '../base/errors.ts';
import { checkKind, texts } from '../base/options.ts';
import { byCodePoint } from '../base/order.ts';
import { visible } from '../base/quoted.ts';

/** Why something that lies in a source is not among its pictures. */
export type LeftOutKind =
  /** A picture by its name, of a format that is not read here. */
  | 'format'
  /** No picture by its name. */
  | 'other-file'
  | 'broken-link'
  /** A link to a folder that it lies in. */
  | 'circular-link'
  /** A link to a folder that is gone through under another name. */
  | 'repeated-folder'
  /** A picture whose name begins with a dot. */
  | 'hidden-picture'
  /** A socket, a pipe, a device. */
  | 'special-file'
  /** A picture outside of the class folders. */
  | 'loose-picture'
  /** A picture without a class beside it, in an archive, or without labels in their file. */
  | 'unlabelled-picture'
  /** A name in a file of labels, of a picture that is not there. */
  | 'missing-picture'
  /** A class folder without a picture that can be read. */
  | 'empty-class'
  /** A folder beside those that are read. */
  | 'skipped-folder';

/** Things of one kind in a source that are not read; plain data. */
export interface LeftOut {
  readonly kind: LeftOutKind;
  /** Of a format and of other files: how their names end, in small letters (`.heic`), or '' for no ending. */
  readonly ending: string;
  /** Why a format is not read, for people, where there is more to say than that it is not. */
  readonly reason: string | undefined;
  /** The split that they lie in; undefined if they lie beside the splits. */
  readonly split: 'train' | 'val' | 'test' | undefined;
  readonly count: number;
  /** The first of them, at most 100, below the source's folder. */
  readonly paths: readonly string[];
  /** True if no picture is missed by it (a text file, a folder without pictures): said, and not refused if strict. */
  readonly harmless: boolean;
}

const mostPaths = 100;

/** Gathers what is left out while a source is read. */
export class LeftOutTally {
  readonly #found = new Map<
    string,
    { item: Omit<LeftOut, 'count' | 'paths'>; paths: string[]; count: number }
  >();

  add(
    kind: LeftOutKind,
    path: string,
    more: Partial<Pick<LeftOut, 'ending' | 'reason' | 'split' | 'harmless'>> = {},
  ): void {
    const { ending = '', reason, split, harmless = false } = more;
    const key = [kind, ending, split ?? '', harmless].join('|');
    const known = this.#found.get(key) ?? {
      item: { kind, ending, reason, split, harmless },
      paths: [],
      count: 0,
    };
    known.count++;
    if (known.paths.length < mostPaths) known.paths.push(path);
    this.#found.set(key, known);
  }

  /** Adds what was gathered elsewhere, of another split and below another path. */
  addAll(
    { kind, count, paths, ending, reason, harmless }: LeftOut,
    split: LeftOut['split'],
    below: string,
  ): void {
    for (let n = 0; n < count; n++) {
      this.add(kind, `${below}${paths.at(n) ?? ''}`, { ending, reason, split, harmless });
    }
  }

  /** What was gathered: what may be missed before what is harmless, then most first. */
  list(): LeftOut[] {
    return [...this.#found.values()]
      .map(({ item, paths, count }) => ({ ...item, count, paths: paths.sort(byCodePoint) }))
      .sort(
        (a, b) =>
          Number(a.harmless) - Number(b.harmless) || b.count - a.count || byCodePoint(a.ending, b.ending),
      );
  }
}

/** Throws a `UsageError` unless they are what `openData` gives. */
function checkItems(what: string, items: unknown): void {
  checkKind(what, 'what is left out', items, {
    expected: 'what openData gives as leftOut',
    is: (value) => Array.isArray(value) && value.every(isLeftOut),
  });
}

function isLeftOut(value: unknown): boolean {
  const { kind, ending, count, paths }: Partial<Record<string, unknown>> = { ...(value as object | null) };
  return (
    [kind, ending].every((word) => typeof word === 'string') && typeof count === 'number' && texts.is(paths)
  );
}

/** What is left out of the given splits, or lies beside them; kinds of several splits together. */
export function leftOutOf(
  items: readonly LeftOut[],
  splits: readonly ('train' | 'val' | 'test')[] = ['train', 'val', 'test'],
): LeftOut[] {
  checkItems('leftOutOf', items);
  checkKind('leftOutOf', 'the splits', splits, texts);
  const joined = new Map<string, LeftOut>();
  for (const item of items) {
    if (item.split !== undefined && !splits.includes(item.split)) continue;
    const key = [item.kind, item.ending, item.harmless].join('|');
    const known = joined.get(key);
    joined.set(
      key,
      known === undefined
        ? item
        : {
            ...known,
            split: undefined,
            count: known.count + item.count,
            paths: [...known.paths, ...item.paths].slice(0, mostPaths),
          },
    );
  }
  return [...joined.values()];
}

/** Throws a `CardinalError` if anything in these splits of `path`, or beside the splits, is left out and may be missed. */
export function requireNothingMissed(
  path: string,
  items: readonly LeftOut[],
  splits?: readonly ('train' | 'val' | 'test')[],
): void {
  const missed = leftOutOf(items, splits).filter(({ harmless }) => !harmless);
  if (missed.length === 0) return;
  const [{ paths }] = missed;
  throw new CardinalError(
    `${path}: not everything in it is read, the first ${paths[0]}: ${missed.map(leftOutWords).join(', ')}; strict refuses this: move it elsewhere, or read the rest without strict`,
  );
}

/** One kind in words: `20 .heic pictures (…)`, `1 broken link (cats/a.jpg)`. */
export function leftOutWords(item: LeftOut): string {
  checkItems('leftOutWords', [item]);
  return visible(words(item));
}

function words({ kind, ending, reason, count, paths }: LeftOut): string {
  const some = (one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
  const named = `(${paths.slice(0, 3).join(', ')}${count > 3 ? ', …' : ''})`;
  switch (kind) {
    case 'format':
      return some(`${ending} picture`, `${ending} pictures`) + (reason === undefined ? '' : ` (${reason})`);
    case 'other-file':
      return ending === ''
        ? `${some('file', 'files')} without an ending ${named}`
        : some(`${ending} file`, `${ending} files`);
    case 'broken-link':
      return `${some('broken link', 'broken links')} ${named}`;
    case 'circular-link':
      return `${some('link', 'links')} to a folder around it ${named}`;
    case 'repeated-folder':
      return `${some('folder that is', 'folders that are')} there under another name ${named}`;
    case 'hidden-picture':
      return `${some('hidden picture', 'hidden pictures')} ${named}`;
    case 'special-file':
      return `${some('thing that is', 'things that are')} no file ${named}`;
    case 'loose-picture':
      return `${some('picture', 'pictures')} outside of class folders ${named}`;
    case 'unlabelled-picture':
      return `${some('picture', 'pictures')} without a class ${named}`;
    case 'missing-picture':
      return `${some('label', 'labels')} without a picture ${named}`;
    case 'empty-class':
      return `${some('class folder', 'class folders')} without pictures ${named}`;
    case 'skipped-folder':
      return `${some('folder', 'folders')} beside those that are read ${named}`;
  }
}

/** `left out: 20 .heic pictures (…), 2 .txt files`; undefined if nothing is. */
export function leftOutLine(items: readonly LeftOut[]): string | undefined {
  checkItems('leftOutLine', items);
  return items.length === 0 ? undefined : `left out: ${items.map(leftOutWords).join(', ')}`;
}
