import { sha256 } from '../weights/digest.ts';
import type { TrainingRanks } from './ranks.ts';
import type { Tensors } from './training-program.ts';

/** Throws a `CardinalError` on all ranks unless all have the same bits of what a checkpoint is to keep. */
export async function requireSameWeights(
  ranks: TrainingRanks,
  tensors: Tensors,
  step: number,
): Promise<void> {
  const hashes: string[] = [];
  for (const dict of [tensors.state, tensors.optimizer, tensors.ema]) {
    for (const [name, { data }] of dict) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      hashes.push(`${name} ${await sha256(bytes)}`);
    }
  }
  const hash = await sha256(new TextEncoder().encode(hashes.join('\n')));
  await ranks.agree(
    { weights: hash },
    `after step ${step} their bits must be the same: a processor or its memory fails, or ranks compute otherwise; no checkpoint was written, resume from the last one`,
  );
}
