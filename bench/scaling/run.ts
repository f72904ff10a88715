import { fileURLToPath } from 'node:url';
import type { Backend } from '../../src/backends/backend.ts';
import { createModel } from '../../src/models/index.ts';
import { trace } from '../../src/nn/trace.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { findBlas } from '../../src/node/blas.ts';
import { momentsOf } from '../../src/study/moments.ts';
import type { LeftOut } from '../compare/contender.ts';
import { trainingPlan } from '../compare/network.ts';
import { measure, printMeasured } from '../compare/rounds.ts';
import { save } from '../compare/save.ts';
import { replaceSection } from '../compare/section.ts';
import type { NetworkWork, Work } from '../compare/work.ts';
import { scalingParts } from './entrants.ts';
import { scalingCsv, scalingRows, type ScalingRow } from './rows.ts';
import { forecastTable, holdForecast, scalingTable } from './table.ts';

const docs = fileURLToPath(new URL('../../docs/scale.md', import.meta.url));

/** Times ranks on this machine, one thread each. Saves unless it is only a part of the suite. */
export async function runScaling(
  works: readonly Work[],
  {
    runs,
    docs: updatesDocs,
    isWhole,
  }: { readonly runs: number; readonly docs: boolean; readonly isWhole: boolean },
  folder: string,
): Promise<void> {
  const blas = await findBlas();
  const rows: ScalingRow[] = [];
  const tables: string[] = [];
  for (const work of works) {
    if ('layers' in work) continue;
    const own: ScalingRow[] = [];
    const leftOut: LeftOut[] = [];
    for (const entrants of await scalingParts(work, { blas, folder })) {
      console.log(`\n${work.title} (1 thread a rank, ${runs} rounds)`);
      const outcome = await measure(work, entrants, runs, folder);
      printMeasured(outcome.measured);
      own.push(...scalingRows(work, entrants, outcome.measured));
      leftOut.push(...outcome.leftOut);
    }
    rows.push(...own);
    tables.push(scalingTable(work.title, own, leftOut));
  }
  const planner = await createNodeBackend({ threads: 1, blas: false });
  const held = holdForecast(rows, ({ work, entrant: { ranks, syncBatchNorm } }, seconds) =>
    momentsOf(planOf(work, { size: ranks, syncBatchNorm }, planner), seconds),
  );
  await planner.dispose();
  const measured = tables.join('\n');
  const forecast = forecastTable(held);
  console.log(`\n${measured}\n${forecast}`);
  if (!isWhole) return;
  await save('scaling', 'csv', scalingCsv(rows));
  if (!updatesDocs) return;
  await replaceSection(docs, 'scaling', measured);
  await replaceSection(docs, 'forecast', forecast);
}

/** Of the first rank: the others send and compute the same. */
function planOf(
  { model, input }: NetworkWork,
  ranks: { readonly size: number; readonly syncBatchNorm: boolean },
  planner: Backend,
) {
  const traced = trace(createModel(model), input, { training: true });
  return trainingPlan(traced, planner, model, { rank: 0, ...ranks });
}
