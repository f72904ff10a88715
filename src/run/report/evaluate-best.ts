import type { Backend } from '../../backends/backend.ts';
import { argmax } from '../../base/argmax.ts';
import { withEndings } from '../../base/endings.ts';
import { Rng } from '../../base/rng.ts';
import type { StateDict } from '../../base/tensor-data.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { PictureDataset } from '../../data/source.ts';
import { evaluateTogether, prepareInference } from '../../train/evaluate.ts';
import { topGuesses, type Guess } from '../../train/guess.ts';
import type { Evaluation } from '../../train/metrics.ts';
import type { Network } from '../../train/network.ts';
import { StoppedTogether, type TrainingRanks } from '../../train/ranks.ts';
import { createLoader, type LoaderPlatform } from '../../data/loader.ts';
import type { OpenData } from '../../data/open-data.ts';
import { evaluationBatch } from '../../train/loaders.ts';
import type { Reliability } from '../../train/reliability.ts';
import { reliabilityOfAll, reliabilityTally } from './reliability.ts';

/** A picture of a dataset and what the network takes it for. */
export interface Classified {
  /** Index into the dataset. */
  readonly index: number;
  /** What a person can find the picture by: a file path, or `test_batch.bin#17`. */
  readonly id: string;
  /** The true class, an index into the classes, and the one with the largest logit. */
  readonly label: number;
  readonly predicted: number;
  /** The likeliest classes, best first: three, or all if there are fewer. */
  readonly top: readonly Guess[];
  /** Probability of the true class. */
  readonly trueProbability: number;
}

/** How well the weights of a run do on pictures they were not trained on. */
export interface RunEvaluation extends Evaluation {
  /** Which pictures: the test pictures, or the validation pictures if there are no others. */
  readonly on: 'test' | 'val';
  /** Every misclassified picture, in the order of the dataset. */
  readonly misclassified: readonly Classified[];
  /** Some pictures drawn by the seed, misclassified ones first: a third of them, if there are so many. */
  readonly samples: readonly Classified[];
  /** Pictures that could not be read and count in no figure. */
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  /** How far probabilities can be believed; absent of labels and numbers, and in a page. */
  readonly reliability?: Reliability | undefined;
}

/** What `RunEvaluation.on` is called in a sentence. */
export const evaluatedOn = { test: 'test pictures', val: 'validation pictures' } as const;

export interface EvaluateBestOptions {
  readonly network: Network;
  readonly state: StateDict;
  readonly data: OpenData;
  readonly backend: Backend;
  readonly preprocessing: Preprocessing;
  readonly batchSize: number;
  /** Draws the samples. */
  readonly seed: number;
  readonly strict: boolean;
  readonly signal?: AbortSignal | undefined;
  /** The ranks that have the pictures among themselves; each gets the result of all. */
  readonly ranks?: TrainingRanks | undefined;
}

/** The pictures that samples are drawn from, and how many are shown. */
const looked = 400;
const shownWrong = 8;
const shown = 24;

/**
 * Evaluates weights on the test pictures, or on the validation pictures if there are no others. Undefined if there are
 * neither, or if `signal` is aborted before the end, that of any rank.
 */
export async function evaluateBest(
  options: EvaluateBestOptions,
  platform: LoaderPlatform,
): Promise<RunEvaluation | undefined> {
  const { network, state, data, backend, preprocessing, seed, strict, signal, ranks } = options;
  const dataset = data.test ?? data.val;
  if (dataset === undefined || (ranks === undefined && isAborted(signal))) return undefined;
  const drawn = Rng.of(seed, 'samples').permutation(dataset.length).slice(0, looked);
  const candidates = new Set(drawn);
  const found = new Map<number, Classified>();
  const tally = reliabilityTally(dataset);
  const share = ranks && { rank: ranks.rank, size: ranks.size };
  const batchSize = evaluationBatch(options.batchSize, dataset, share);
  try {
    return await withEndings(async (endings) => {
      const loader = createLoader(
        dataset,
        { batchSize, preprocessing, strict, training: false, share },
        platform,
      );
      endings.add(() => loader.dispose());
      const program = await prepareInference(network, backend, loader.batchSize, state);
      endings.add(() => program.dispose());
      const evaluation = await evaluateTogether(program, loader, {
        ranks,
        signal,
        onLogits(logits, { index, label }) {
          // What is no choice of one class is neither right nor wrong.
          if (dataset.targets !== undefined) return;
          tally?.add(logits, label);
          const predicted = argmax(logits);
          if (predicted === label && !candidates.has(index)) return;
          found.set(index, classified(dataset, index, logits, { label, predicted }));
        },
      });
      const on = data.test === undefined ? 'val' : 'test';
      const own = { found: [...found.values()], skipped: loader.skipped, sums: tally?.sums };
      const all = ranks === undefined ? [own] : await ranks.share(own, 'an evaluation');
      const classifiedAll = new Map(all.flatMap((rank) => rank.found).map((one) => [one.index, one]));
      const skipped = all.flatMap((rank) => rank.skipped);
      return { ...evaluation, on, ...chosen(classifiedAll, drawn), skipped, ...reliabilityOfAll(all) };
    });
  } catch (error) {
    if (error instanceof StoppedTogether) return undefined;
    if (isAborted(signal) && error === signal?.reason) return undefined;
    throw error;
  }
}

/** All that are wrong, and of the drawn ones those to show. */
function chosen(
  found: ReadonlyMap<number, Classified>,
  drawn: Uint32Array,
): Pick<RunEvaluation, 'misclassified' | 'samples'> {
  const misclassified = [...found.values()].filter(isWrong).sort((a, b) => a.index - b.index);
  const inOrder = Array.from(drawn, (index) => found.get(index)).filter((one) => one !== undefined);
  const wrong = inOrder.filter(isWrong).slice(0, shownWrong);
  const right = inOrder.filter((one) => !isWrong(one)).slice(0, shown - wrong.length);
  return { misclassified, samples: [...wrong, ...right] };
}

function classified(
  dataset: PictureDataset,
  index: number,
  logits: Float32Array,
  classes: Pick<Classified, 'label' | 'predicted'>,
): Classified {
  const guesses = topGuesses(logits, logits.length);
  const trueProbability = guesses.find(({ label }) => label === classes.label)?.probability ?? NaN;
  return { index, id: dataset.id(index), ...classes, top: guesses.slice(0, 3), trueProbability };
}

function isWrong({ label, predicted }: Classified): boolean {
  return label !== predicted;
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
