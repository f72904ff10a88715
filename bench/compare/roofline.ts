import { bytesOf, describeLayer, flopOf, passes, type Pass } from './layer.ts';
import type { Roofs } from './roofs.ts';
import type { ShapeRow } from './rows.ts';

/** One pass of some layers, all their occurrences added up: milliseconds of each contender, and the least of the machine. */
interface Sum {
  readonly gflop: number;
  readonly mb: number;
  /** By contender; PyTorch is the better of its layouts, for each layer and pass. */
  readonly times: ReadonlyMap<string, { readonly ms: number; readonly roof: number | undefined }>;
}

/** The machine's roofs, then for each work a table by stage and pass, in Markdown. */
export function stageTables(rows: readonly ShapeRow[], roofs: Roofs): string {
  return document(rows, roofs, (stage) => stage.split('.', 1)[0], 'stage');
}

/** The same by layer. */
export function layerTables(rows: readonly ShapeRow[], roofs: Roofs): string {
  return document(rows, roofs, (layer) => layer, 'layer');
}

function document(
  rows: readonly ShapeRow[],
  roofs: Roofs,
  groupOf: (layer: string) => string,
  group: string,
): string {
  const works = [...new Set(rows.map(({ work }) => work.id))];
  const tables = works.map((id) => {
    const own = rows.filter(({ work }) => work.id === id);
    return `${own[0].work.title}:\n\n${table(own, groupOf, group)}`;
  });
  return [describeRoofs(roofs), ...tables].join('\n');
}

function describeRoofs({ threads, wasm, native, bandwidth }: Roofs): string {
  const gflops = (value: number) => `${value.toFixed(0)} GFLOP/s`;
  const list = bandwidth.map(({ bytes, gbs }) => `${gbs.toFixed(0)} (${Math.round(bytes / 2 ** 20)})`);
  return [
    `${threads} threads, all at once: multiply–adds in WebAssembly ${gflops(wasm)};`,
    native === undefined ? 'no native library;' : `native matmul ${gflops(native)};`,
    `GB/s over so many MiB: ${list.join(', ')}.\n`,
  ].join('\n');
}

function table(rows: readonly ShapeRow[], groupOf: (layer: string) => string, group: string): string {
  const [own] = rows;
  const contenders = [...new Set(rows.map(({ contender }) => family(contender)))];
  const head = [
    ...[group, 'pass', 'GFLOP', 'MB'],
    ...contenders.flatMap((name) => [`${name}, ms`, 'least', 'share']),
  ];
  const lines: string[][] = [];
  const add = (name: string, pass: Pass | 'all', members: readonly ShapeRow[]): void => {
    const { gflop, mb, times } = sumOf(members);
    const cells = contenders.flatMap((contender) => {
      const { ms = 0, roof } = times.get(contender) ?? {};
      return roof === undefined
        ? [digits(ms), '', '']
        : [digits(ms), digits(roof), `${((100 * roof) / ms).toFixed(0)} %`];
    });
    lines.push([name, pass, digits(gflop), digits(mb), ...cells]);
  };
  for (const name of new Set(rows.map(({ layer }) => groupOf(layer.name)))) {
    const members = rows.filter(({ layer }) => groupOf(layer.name) === name);
    const { layer } = members[0];
    const label =
      groupOf(layer.name) === layer.name && group === 'layer'
        ? `${name}, ${layer.times} × ${describeLayer(layer)}`
        : name;
    for (const pass of own.work.passes) {
      const ofPass = members.filter((row) => row.pass === pass);
      if (ofPass.length > 0) add(label, pass, ofPass);
    }
  }
  if (own.work.passes.length === passes.length) add('**all**', 'all', rows);
  else for (const pass of own.work.passes) add('**all**', pass, rows);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(head), `|${'---|'.repeat(head.length)}\n`, ...lines.map(line)].join('');
}

/** PyTorch's two layouts are one. */
function family(contender: string): string {
  return contender.replace(/,.*/, '');
}

function sumOf(rows: readonly ShapeRow[]): Sum {
  const best = new Map<string, ShapeRow>();
  for (const row of rows) {
    const key = [family(row.contender), row.layer.name, row.pass].join();
    const other = best.get(key);
    if (other === undefined || row.median < other.median) best.set(key, row);
  }
  const [{ contender }] = rows;
  const counted = [...best.values()].filter((row) => family(row.contender) === family(contender));
  const times = new Map<string, { ms: number; roof: number | undefined }>();
  for (const { contender, layer, median, roof } of best.values()) {
    const { ms, roof: sum } = times.get(family(contender)) ?? { ms: 0, roof: 0 };
    times.set(family(contender), {
      ms: ms + layer.times * median,
      roof: roof === undefined || sum === undefined ? undefined : sum + layer.times * roof,
    });
  }
  const total = (of: (row: ShapeRow) => number) =>
    counted.reduce((sum, row) => sum + row.layer.times * of(row), 0);
  return {
    gflop: total(({ layer }) => flopOf(layer) / 1e9),
    mb: total(({ layer, pass }) => bytesOf(layer, pass) / 1e6),
    times,
  };
}

function digits(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
