/**
 * Tries which exports of the wide kernels each version of V8 can make 256-bit vectors of, and whether `wide-trials.ts` says so.
 *
 *     npm run try:wide                  on the versions of Node that the table names, and the newest of each line
 *     npm run try:wide -- 24.3.0 27     on these
 *     npm run try:wide -- --write       puts into the table what came of it
 *
 * On a function that it cannot do V8 ends the process, so each is tried in a process of its own that says what it is about to do.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { byCodePoint } from '../src/base/order.ts';
import { wasmFeatures } from '../src/backends/wasm/features.ts';
import { wideTrials, type WideTrial } from '../src/node/wide-trials.ts';
import { compileWide } from '../src/node/wide-vectors.ts';
import { finish, onNode, root } from './on-node.ts';

const self = join(root, 'scripts/try-wide.ts');
const table = join(root, 'src/node/wide-trials.ts');
/** The lines of Node whose V8 packs vectors, oldest and newest of each. */
const usual = ['24.0.0', '24', '25.0.0', '25', '26.0.0', '26'];
/** What a child prints when it has come to the end. */
const END = '.';

interface Found {
  readonly node: string;
  readonly v8: string;
  readonly fatal: readonly string[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    write: { type: 'boolean', default: false },
    /** All exports but those that are named, in this process. */
    'all-but': { type: 'string' },
    /** By children of this process, on its own Node. */
    here: { type: 'boolean', default: false },
  },
});
if (values['all-but'] !== undefined) await optimiseAllBut(values['all-but'].split(','));
else if (values.here) console.log(JSON.stringify(await tryHere()));
else await main(positionals.length === 0 ? usual : positionals);

async function optimiseAllBut(names: readonly string[]): Promise<void> {
  const binary = new Uint8Array(await readFile(join(root, 'dist/kernels/kernels-full-wide.wasm')));
  // Written at once: the process may end in the next moment.
  const tell = (line: string) => writeSync(1, `${line}\n`);
  await compileWide(binary, { fatal: new Set(names), onFunction: tell });
  tell(END);
}

async function tryHere(): Promise<Found> {
  const fatal: string[] = [];
  for (;;) {
    const { stdout, stderr } = await finish(process.execPath, [self, '--all-but', fatal.join(',')]);
    const last = stdout.trimEnd().split('\n').at(-1);
    if (last === END) break;
    if (last === undefined || last === '' || fatal.includes(last)) {
      throw new Error(`the kernels cannot be tried on Node ${process.version}: ${stderr.slice(0, 2000)}`);
    }
    fatal.push(last);
  }
  return { node: process.versions.node, v8: process.versions.v8, fatal };
}

async function main(versions: readonly string[]): Promise<void> {
  if (process.arch !== 'x64' || !wasmFeatures().fused) {
    console.warn('SKIPPED: V8 has 256-bit vectors on x64 with AVX2 alone');
    return;
  }
  const found: Found[] = [];
  for (const version of versions) {
    const { code, stdout, stderr } = await onNode(version, self, ['--here']);
    if (code !== 0) throw new Error(`Node ${version}: ${stderr}`);
    found.push(JSON.parse(stdout) as Found);
  }
  for (const { node, v8, fatal } of found) {
    console.log(`Node ${node} (V8 ${v8}): ${fatal.length === 0 ? 'all exports' : `not ${fatal.join(', ')}`}`);
  }
  if (values.write) {
    await writeFile(table, await withRows(rowsOf(found)));
    return;
  }
  const wrong = found.filter(({ v8, fatal }) => !holds(wideTrials[lineOf(v8)], fatal));
  if (wrong.length === 0) return;
  console.error(
    `src/node/wide-trials.ts does not hold for Node ${wrong.map(({ node }) => node).join(', ')}: npm run try:wide -- --write`,
  );
  process.exitCode = 1;
}

/** The row may leave out more than this patch of V8 fails on: another one does. */
function holds(trial: WideTrial | undefined, fatal: readonly string[]): boolean {
  return trial !== undefined && fatal.every((name) => trial.fatal.includes(name));
}

function lineOf(v8: string): string {
  return v8.split('.').slice(0, 2).join('.');
}

/** What was found beside what other versions gave earlier. */
function rowsOf(found: readonly Found[]): Readonly<Record<string, WideTrial>> {
  const rows: Record<string, WideTrial> = { ...wideTrials };
  for (const line of new Set(found.map(({ v8 }) => lineOf(v8)))) {
    const ours = found.filter(({ v8 }) => lineOf(v8) === line);
    rows[line] = {
      nodes: ours.map(({ node }) => node),
      fatal: [...new Set(ours.flatMap(({ fatal }) => fatal))].sort(byCodePoint),
    };
  }
  return rows;
}

async function withRows(rows: Readonly<Record<string, WideTrial>>): Promise<string> {
  const list = (names: readonly string[]) => `[${names.map((name) => `'${name}'`).join(', ')}]`;
  const lines = Object.entries(rows).map(
    ([line, { nodes, fatal }]) => `  '${line}': { nodes: ${list(nodes)}, fatal: ${list(fatal)} },\n`,
  );
  const source = await readFile(table, 'utf8');
  return source.replace(
    /(> = \{\n)[^]*(\};\n)$/,
    (_, begin: string, end: string) => begin + lines.join('') + end,
  );
}
