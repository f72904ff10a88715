import { CardinalError } from '../../base/errors.ts';
import { isMissing } from '../../base/file-errors.ts';
import { percent } from '../../report/format.ts';
import { buildCheckpoint, type Checkpoint } from '../../train/checkpoint.ts';
import type { VerifyOptions } from '../../weights/digest.ts';
import { damageOf, lastFile, previousFile, readCheckpointFile } from './checkpoints.ts';
import type { FilePlatform } from './file-system.ts';

/** A checkpoint to continue from. */
export interface Continued {
  readonly checkpoint: Checkpoint;
  /** Why it is the one before the last; undefined if it is the last. */
  readonly instead?: string;
}

/**
 * The newest checkpoint of a run folder that is whole. Throws a `CardinalError` if there is none, or if a file cannot be read for
 * a reason that may pass.
 */
export async function readToContinue(
  folder: string,
  options: VerifyOptions,
  platform: FilePlatform,
): Promise<Continued> {
  const { paths } = platform;
  let reason: string;
  let failure: unknown;
  try {
    return { checkpoint: await readCheckpointFile(folder, lastFile, options, platform) };
  } catch (error) {
    reason = damageOf(error, paths.join(folder, lastFile));
    failure = error;
  }
  try {
    const checkpoint = await readCheckpointFile(folder, previousFile, options, platform);
    const step = checkpoint.training?.progress.step ?? 0;
    return {
      checkpoint,
      instead: `${reason}: going on from the checkpoint before it, ${previousFile}, at step ${step}`,
    };
  } catch (error) {
    // There never were two: what is wrong with the one says all.
    if (isMissing(error)) throw failure;
    const other = damageOf(error, paths.join(folder, previousFile));
    throw new CardinalError(
      `no checkpoint of the run in ${folder} can be continued: ${reason}; ${other}: restore one of them from a copy, begin anew in another folder, or go on from ${lastFile} as it is with \`verify: false\``,
    );
  }
}

/**
 * The bytes that `best.safetensors` had, where a checkpoint of the run still has those weights: it was saved right after the best
 * epoch. Undefined if it was not, or if averages of weights are kept, which are the best then.
 */
export async function bestOf({ training, ...rest }: Checkpoint): Promise<Uint8Array | undefined> {
  if (training === undefined || training.ema.size > 0) return undefined;
  const { epoch, batch, best } = training.progress;
  if (epoch === 0 || batch !== 0 || (best !== undefined && best.epoch !== epoch - 1)) return undefined;
  return buildCheckpoint(rest);
}

/** What becomes of best weights that are lost, for people. */
export function withoutBest({ training }: Checkpoint): string {
  const best = training?.progress.best;
  return best === undefined
    ? 'it is written anew after the next epoch'
    : `it is written anew when validation exceeds ${best.score === undefined ? `the ${percent(best.top1, 1)} of` : 'that of'} epoch ${best.epoch + 1}; until then there are no best weights to evaluate (a copy of the file can be put back)`;
}
