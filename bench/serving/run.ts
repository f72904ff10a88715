import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { save } from '../compare/save.ts';
import { replaceSection } from '../compare/section.ts';
import type { Work } from '../compare/work.ts';
import { servingChart } from './chart.ts';
import { measureRound, type Round } from './measure.ts';
import { servingCsv, servingRows, type ServingRow } from './rows.ts';
import { writeServed } from './served.ts';
import { servingTable } from './table.ts';
import { verdictsOf } from './verdict.ts';

const docs = fileURLToPath(new URL('../../docs/serving.md', import.meta.url));

/** Times servers, and the library without one, in turn. Saves unless it is only a part of the suite. */
export async function runServing(
  works: readonly Work[],
  {
    runs,
    threads,
    docs: updatesDocs,
    isWhole,
  }: {
    readonly runs: number;
    readonly threads: number;
    readonly docs: boolean;
    readonly isWhole: boolean;
  },
  folder: string,
): Promise<void> {
  const rows: ServingRow[] = [];
  const tables: string[] = [];
  for (const work of works) {
    if ('layers' in work) continue;
    console.log(`\n${work.title} (${threads} threads, ${runs} rounds)`);
    const served = await writeServed(work, folder);
    const rounds: Round[] = [];
    for (let round = 0; round < runs; round++) {
      rounds.push(await measureRound(served, threads));
      console.log(`  round ${round + 1} of ${runs}`);
    }
    const own = servingRows(work, rounds);
    rows.push(...own);
    tables.push(servingTable(work.title, own, verdictsOf(rounds)));
    console.log(`\n${tables.at(-1)}`);
  }
  if (!isWhole) return;
  await save('serving', 'csv', servingCsv(rows, runs));
  const chart = servingChart(rows);
  await save('serving', 'svg', chart);
  if (!updatesDocs) return;
  await writeFile(new URL('../../docs/images/serving.svg', import.meta.url), chart);
  const picture =
    '![Pictures a second under each load, of Cardinal and onnxruntime-node](images/serving.svg)';
  await replaceSection(docs, 'serving', `${picture}\n\n${tables.join('\n')}`);
}
