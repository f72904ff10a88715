import { checkKind, wholeFrom } from '../base/options.ts';
import type { EpochRecord, Progress } from './progress.ts';

/**
 * Whether a run should end, asked after every epoch. It decides from what the epochs came to alone, so that a resumed run decides
 * the same. A checkpoint has no history, only what is `done`, the number of epochs and the best of them: of a run that is
 * continued without its `history`, the history begins where it goes on.
 */
export type StopRule = (history: readonly EpochRecord[], done?: Pick<Progress, 'epoch' | 'best'>) => boolean;

/**
 * Early stopping: ends a run when validation top-1 (mAP, root mean squared error) has not become better for `epochs` epochs. Without validation pictures it
 * never does.
 * @throws {UsageError} if `epochs` is no whole number of at least 1.
 */
export function patience(epochs: number): StopRule {
  checkKind('patience', 'the epochs', epochs, wholeFrom(1));
  return (history, done = { epoch: history.length, best: bestIn(history) }) =>
    done.best !== undefined && done.epoch - 1 - done.best.epoch >= epochs;
}

function bestIn(history: readonly EpochRecord[]): Progress['best'] {
  const epoch = history.findLastIndex((record) => record.best);
  return epoch < 0 ? undefined : { epoch, top1: history[epoch].validation?.top1 ?? 0 };
}
