import { withEndings } from '../../base/endings.ts';
import { CardinalError } from '../../base/errors.ts';
import { readPicture } from '../../data/decode.ts';
import type { PictureDataset } from '../../data/source.ts';
import { trace } from '../../nn/trace.ts';
import { prepareInference } from '../../train/evaluate.ts';
import { inferenceNetworkOf } from '../../train/inference-network.ts';
import { Explainer } from '../../use/explain/explainer.ts';
import { landmarksOf } from '../../use/explain/landmarks.ts';
import type { Classified } from './evaluate-best.ts';
import { mapSide } from './pictures.ts';
import type { ReportPlatform, RunReport } from './run-report.ts';

/** So many mistakes are explained at most, in so many seconds and characters: a report is to be written soon, and to open at once. */
const bounds = { most: 40, seconds: 30, characters: 1_000_000 } as const;

/** What `explainMistakes` found. */
export interface ExplainedMistakes {
  /** Grad-CAM over the picture as a `data:` URI, by the picture's index. */
  readonly maps: ReadonlyMap<number, string>;
  /** Why mistakes have none, where the network or the memory left does not allow it: a line. */
  readonly problem?: string;
}

/**
 * Where in pictures the best weights of a run see the classes that they take them for. The first of `mistakes`, as far as the bounds go,
 * or until the run is interrupted; none where nothing was evaluated or pictures have gone.
 */
export async function explainMistakes(
  mistakes: readonly Classified[],
  dataset: PictureDataset,
  { module, best, model, backend, preprocessing, signal = never }: RunReport,
  { overlay, pictures }: ReportPlatform,
): Promise<ExplainedMistakes> {
  const maps = new Map<number, string>();
  if (overlay === undefined || best === undefined || mistakes.length === 0 || signal.aborted) return { maps };
  const input = [preprocessing.channels, ...preprocessing.size];
  const traced = trace(module, [1, ...input], { training: false });
  const network = inferenceNetworkOf(module, input, model, {
    ...{ landmarks: landmarksOf, traced: new Map([[1, traced]]) },
  });
  const end = performance.now() + 1000 * bounds.seconds;
  let left: number = bounds.characters;
  try {
    await withEndings(async (endings) => {
      const program = await prepareInference(network, backend, 1, best);
      endings.add(() => program.dispose());
      const explainer = new Explainer({
        ...{ name: model.name, backend, program, traces: [traced], classes: dataset.classes, preprocessing },
        explanationOf: (found) => Promise.resolve({ ...found, overlay: notDrawn }),
      });
      endings.add(() => explainer.dispose());
      for (const { index, predicted } of mistakes.slice(0, bounds.most)) {
        if (performance.now() > end || left <= 0 || signal.aborted) return;
        if (maps.has(index)) continue;
        const picture = await readPicture(dataset, index, pictures).catch(() => undefined);
        if (picture === undefined) continue;
        const map = await overlay(
          await explainer.explain(picture, { label: predicted, signal }),
          picture,
          mapSide,
        );
        left -= map.length;
        maps.set(index, map);
      }
    });
  } catch (error) {
    if (error === signal.reason) return { maps };
    if (!(error instanceof CardinalError)) throw error;
    return { maps, problem: error.message };
  }
  return { maps };
}

const { signal: never } = new AbortController();

function notDrawn(): Promise<never> {
  return Promise.reject(new Error('the report draws maps itself'));
}
