import * as z from 'zod/mini';
import { CardinalError } from '../../base/errors.ts';
import { byCodePoint } from '../../base/order.ts';
import { quoted, shortened } from '../../base/quoted.ts';
import { parseJson, validate } from '../../base/validate.ts';
import { unknownClass } from '../reader.ts';
import type { Targets } from '../task.ts';
import { parseCsv } from './csv.ts';

/** Labels by picture, as a JSON file has them: a label or several, a number, or numbers by name. */
export type LabelRecord = z.infer<typeof recordSchema>;

const recordSchema = z.record(
  z.string(),
  z.union([z.string(), z.readonly(z.array(z.string())), z.number(), z.record(z.string(), z.number())], {
    error: 'expected a label, an array of labels, a number, or numbers by name',
  }),
);

/** Labels of pictures by their names below the folder. */
export interface LabelTable {
  readonly task: Targets['task'];
  /** Of the labels, or of the numbers. */
  readonly names: readonly string[];
  /** By picture: 0 or 1 for each label, or the numbers. */
  readonly rows: ReadonlyMap<string, Float32Array>;
}

/** What stands beside a picture: labels, or numbers in the order of the names; and where, for messages. */
interface Entry {
  readonly where: string;
  readonly picture: string;
}
interface Listed extends Entry {
  readonly labels: readonly string[];
}
interface Numbered extends Entry {
  readonly numbers: readonly number[];
}

/** Numbers of all pictures together, 512 MiB of them: a file of which each line has a label of its own would be far more. */
const mostNumbers = 2 ** 27;

/** How CSV divides labels of one cell. */
const divider = /[|;]/;

/**
 * The labels of a CSV file. Its first line names the columns, of which the first has the pictures. Then there is one column of labels,
 * divided by `|` or `;`; or a column for each label, with 0 or 1; or columns of numbers. `wanted` are the names of a network, if there is
 * one. Throws a `CardinalError` with the line for what is none of these.
 */
export function tableOfCsv(text: string, source: string, wanted: readonly string[] | undefined): LabelTable {
  const all = parseCsv(text, source);
  const [first, ...rows] = all;
  const header = all.length === 0 ? [] : first.cells;
  const names = header.slice(1).map((name) => name.trim());
  if (names.length === 0 || names.includes('')) {
    throw new CardinalError(
      `${source}: expected a first line that names the columns, such as file,labels, got ${all.length === 0 ? 'nothing' : quoted(header.join(','))}`,
    );
  }
  const entries = rows.map(({ line, cells }) => {
    const where = `${source}:${line}`;
    if (cells.length !== header.length) {
      throw new CardinalError(`${where}: expected ${header.length} columns, got ${cells.length}`);
    }
    const [picture, ...values] = cells.map((cell) => cell.trim());
    return { where, picture: pictureName(picture, where), values };
  });
  const cells = entries.map(({ values }) => values[0]);
  // Pictures may have no label; a gap among numbers is refused below, with its line.
  const isListed =
    names.length === 1 &&
    (cells.some((cell) => !isNumber(cell) && !isGap(cell)) || cells.every((cell) => cell === ''));
  if (isListed) {
    return listedTable(
      entries.map(({ where, picture, values }) => ({
        ...{ where, picture },
        labels: values[0]
          .split(divider)
          .map((label) => label.trim())
          .filter((label) => label !== ''),
      })),
      source,
      wanted,
    );
  }
  const numbered = entries.map(({ where, picture, values }) => {
    const wrong = values.findIndex((value) => !isNumber(value));
    if (wrong >= 0) {
      throw new CardinalError(
        `${where}: expected a number in column ${quoted(names[wrong])}, got ${quoted(values[wrong])}`,
      );
    }
    return { where, picture, numbers: values.map(Number) };
  });
  return numberedTable(numbered, names, source, wanted);
}

/** The labels of a JSON file: `{ "a.jpg": ["cat", "dog"] }`, `{ "a.jpg": 3.2 }` or `{ "a.jpg": { "x": 3.2, "y": 1 } }`. */
export function tableOfJson(text: string, source: string, wanted: readonly string[] | undefined): LabelTable {
  return tableOfRecord(parseJson(recordSchema, text, source), source, wanted);
}

/** The labels of a program. Throws a `CardinalError` that begins with `source` as `tableOfJson` does. */
export function tableOfRecord(
  given: LabelRecord,
  source: string,
  wanted: readonly string[] | undefined,
): LabelTable {
  const entries = Object.entries(validate(recordSchema, given, source)).map(([name, value]) => {
    const where = `${source}: ${quoted(name)}`;
    return { where, picture: pictureName(name, where), value };
  });
  const isListed = entries.some(({ value }) => typeof value === 'string' || Array.isArray(value));
  if (isListed) {
    return listedTable(
      entries.map(({ value, ...entry }) => {
        if (typeof value === 'string') return { ...entry, labels: [value] };
        if (Array.isArray(value)) return { ...entry, labels: value };
        throw new CardinalError(`${entry.where}: expected labels, as others have, got numbers`);
      }),
      source,
      wanted,
    );
  }
  const first = entries.at(0)?.value;
  const alone = wanted?.length === 1 ? wanted[0] : 'value';
  const names = typeof first === 'object' ? Object.keys(first) : [alone];
  if (names.length === 0) throw new CardinalError(`${entries[0].where}: expected numbers by name, got none`);
  const numbered = entries.map(({ value, where, picture }) => {
    const own = typeof value === 'object' ? value : { [alone]: value };
    const numbers = names.map((name) => (Object.hasOwn(own, name) ? Number(Reflect.get(own, name)) : NaN));
    if (numbers.some(Number.isNaN) || Object.keys(own).length !== names.length) {
      throw new CardinalError(
        `${where}: expected numbers called ${shortened(names.join(', '))}, as the first picture has, got ${shortened(Object.keys(own).join(', '))}`,
      );
    }
    return { where, picture, numbers };
  });
  return numberedTable(numbered, names, source, wanted);
}

function listedTable(
  entries: readonly Listed[],
  source: string,
  wanted: readonly string[] | undefined,
): LabelTable {
  const names = wanted ?? [...new Set(entries.flatMap(({ labels }) => labels))].sort(byCodePoint);
  const places = new Map(names.map((name, place) => [name, place]));
  requireFew(names, entries, source);
  const rows = byPicture(entries, source, ({ labels, where }) => {
    const row = new Float32Array(names.length);
    for (const label of labels) {
      const place = places.get(label);
      if (place === undefined) throw unknownClass(where, label, names, 'the network');
      row[place] = 1;
    }
    return row;
  });
  if (names.length === 0) throw new CardinalError(`${source}: expected labels, got none`);
  return { task: 'labels', names, rows };
}

function requireFew(names: readonly string[], entries: readonly Entry[], source: string): void {
  if (names.length * entries.length <= mostNumbers) return;
  throw new CardinalError(
    `${source}: expected at most ${mostNumbers} numbers, labels times pictures, got ${names.length} labels of ${entries.length} pictures`,
  );
}

/** Columns of 0 and 1 are labels. */
function numberedTable(
  entries: readonly Numbered[],
  names: readonly string[],
  source: string,
  wanted: readonly string[] | undefined,
): LabelTable {
  if (new Set(names).size < names.length) {
    throw new CardinalError(`${source}: expected each name once, got ${names.join(', ')}`);
  }
  const order = wanted ?? names;
  const places = order.map((name) => names.indexOf(name));
  if (places.includes(-1) || order.length !== names.length) {
    throw new CardinalError(`${source}: expected the network's ${order.join(', ')}, got ${names.join(', ')}`);
  }
  const areLabels = entries.every(({ numbers }) => numbers.every((number) => number === 0 || number === 1));
  const rows = byPicture(entries, source, ({ numbers, where }) => {
    const row = Float32Array.from(places, (place) => numbers[place]);
    const wrong = row.findIndex((number) => !Number.isFinite(number));
    if (wrong < 0) return row;
    throw new CardinalError(
      `${where}: expected a number in single precision for '${order[wrong]}', got ${numbers[places[wrong]]}`,
    );
  });
  return { task: areLabels ? 'labels' : 'numbers', names: order, rows };
}

function byPicture<T extends Entry>(
  entries: readonly T[],
  source: string,
  rowOf: (entry: T) => Float32Array,
): ReadonlyMap<string, Float32Array> {
  const rows = new Map<string, Float32Array>();
  for (const entry of entries) {
    const { picture, where } = entry;
    if (rows.has(picture))
      throw new CardinalError(`${where}: expected each picture once, got ${quoted(picture)} again`);
    rows.set(picture, rowOf(entry));
  }
  if (rows.size === 0) throw new CardinalError(`${source}: expected labels of pictures, got none`);
  return rows;
}

/** A picture's name below the folder, with `/` between its parts. */
function pictureName(name: string, where: string): string {
  const clean = name.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  if (clean !== '') return clean;
  throw new CardinalError(`${where}: expected the name of a picture, got nothing`);
}

/** What stands in tables where a number is missing. */
function isGap(text: string): boolean {
  return /^(|nan|n\/?a|null|none)$/i.test(text);
}

/** Digits that JavaScript takes for a number, or its words for what is none. */
function isNumber(text: string): boolean {
  return text !== '' && !Number.isNaN(Number(text));
}
