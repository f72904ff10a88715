import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createNodeBackend } from '../../src/node/backend.ts';
import type { Work } from '../compare/work.ts';
import { replaceSection } from '../compare/section.ts';
import { lineageChart } from './chart.ts';
import { measureLineage } from './measure.ts';
import { milestones } from './networks.ts';
import { lineageTable } from './table.ts';

const docs = fileURLToPath(new URL('../../docs/lineage.md', import.meta.url));
const image = fileURLToPath(new URL('../../docs/images/lineage.svg', import.meta.url));

/** Times the networks of the story of the lineage, in this process. Their table and chart are in the docs alone. */
export async function runLineage(
  works: readonly Work[],
  {
    runs,
    threads,
    docs: updatesDocs,
  }: { readonly runs: number; readonly threads: number; readonly docs: boolean },
): Promise<void> {
  const backend = await createNodeBackend({ threads });
  try {
    console.log(`\nNetworks of the lineage, forward, one picture (${threads} threads, ${runs} rounds)`);
    const chosen = milestones.filter(({ network }) => works.some(({ id }) => id === network));
    const rows = await measureLineage(chosen, backend, runs, ({ network }, round, milliseconds) => {
      console.log(`  ${round + 1}/${runs}  ${network.padEnd(24)} ${milliseconds.toFixed(1)} ms`);
    });
    const { model } = cpus()[0];
    const table = lineageTable(rows, `${model}, ${backend.description}, Node ${process.versions.node}`);
    console.log(`\n${table}`);
    if (!updatesDocs) return;
    await replaceSection(docs, 'lineage', table);
    await writeFile(image, lineageChart(rows));
    console.log('wrote docs/lineage.md and docs/images/lineage.svg');
  } finally {
    await backend.dispose();
  }
}
