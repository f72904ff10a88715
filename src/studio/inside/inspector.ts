import type { Backend, Program } from '../../backends/backend.ts';
import { CardinalError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { fieldsOf } from '../../cost/receptive-field.ts';
import type { Picture } from '../../data/dataset.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import { preprocess, regionSeen } from '../../data/pipeline.ts';
import { layerValues } from '../../nn/layer-values.ts';
import { trace, type Trace } from '../../nn/trace.ts';
import { prune } from '../../plan/schedule.ts';
import { aggregationsOf } from '../../session/paths/aggregations.ts';
import { blockLayersOf } from '../../session/paths/block-layers.ts';
import { prepareInTurns } from '../../train/evaluate.ts';
import { inferenceNetworkOf } from '../../train/inference-network.ts';
import { answerOf } from '../../use/answer.ts';
import { Batcher } from '../../use/batch/batcher.ts';
import type { InputBatches } from '../../use/batch/explainer.ts';
import { batchingOf, batchSizes } from '../../use/batch/options.ts';
import type { Classification } from '../../use/classify-each.ts';
import { Explainer } from '../../use/explain/explainer.ts';
import { landmarksOf } from '../../use/explain/landmarks.ts';
import { requirePreprocessing } from '../../use/require-preprocessing.ts';
import { taskAnswer } from '../../use/task-answer.ts';
import type { Trained } from '../../use/trained.ts';
import { convolutionsOf } from './filters.ts';
import type { InsideNetwork, RegionSeen } from './service.ts';

/** What is known of a network that is looked into. */
export type Inspected = Pick<Trained, 'model' | 'description' | 'classes' | 'preprocessing'> &
  Partial<Pick<Trained, 'task' | 'temperature'>>;

/** A trained network that is looked into: its program, and what is computed beside it. */
export class Inspector {
  readonly explainer: Explainer;
  readonly about: InsideNetwork;
  readonly #program: Program;
  readonly #batcher: Batcher;
  readonly #preprocessing: Preprocessing;
  readonly #task: Trained['task'];
  readonly #temperature: number | undefined;

  private constructor(trained: Inspected, program: Program, parts: InspectorParts) {
    const { backend, preprocessing, traces, about } = parts;
    const { name, classes } = about;
    this.about = about;
    this.#program = program;
    this.#preprocessing = preprocessing;
    this.#task = trained.task;
    this.#temperature = trained.temperature;
    this.#batcher = new Batcher(program, { maxDelay: 0 });
    this.explainer = new Explainer({
      ...{ name, backend, program, traces, classes, task: trained.task, preprocessing },
      temperature: trained.temperature,
      // The page draws it.
      explanationOf: (found) =>
        Promise.resolve({
          ...found,
          overlay: () => Promise.reject(new CardinalError('the studio draws overlays in its page')),
        }),
    });
  }

  /** Throws a `CardinalError` if the weights do not say how pictures are prepared, or memory does not suffice. */
  static async open(trained: Inspected, backend: Backend): Promise<Inspector> {
    const { model, description } = trained;
    const preprocessing = requirePreprocessing(trained.preprocessing, description.name);
    const input = [preprocessing.channels, ...preprocessing.size] as const;
    const sizes = batchSizes(batchingOf({}));
    const traced = new Map<number, Trace>();
    for (const size of sizes) {
      await nextTask();
      traced.set(size, trace(model, [size, ...input], { training: false }));
    }
    const network = inferenceNetworkOf(model, input, description, { landmarks: landmarksOf, traced });
    const program = await prepareInTurns(network, backend, sizes, undefined, nextTask);
    const traces = [...traced.values()];
    const about = aboutOf(trained, traces[traces.length - 1], input);
    return new Inspector(trained, program, { backend, preprocessing, traces, about });
  }

  /** Computes inputs together with what else waits. */
  batches(signal: AbortSignal): InputBatches {
    return {
      size: this.#batcher.size,
      logits: async (input) => (await this.#batcher.add(input, { signal })).logits,
    };
  }

  /** The likeliest classes of a picture, best first. */
  async classify(picture: Picture, topK: number, signal: AbortSignal): Promise<readonly Classification[]> {
    const { name, classes } = this.about;
    const logits = await this.batches(signal).logits(preprocess(picture, this.#preprocessing));
    const count = Math.min(topK, classes.length);
    return this.#task === undefined
      ? answerOf(name, logits, count, classes, this.#temperature)
      : taskAnswer(this.#task, name, logits, count, classes);
  }

  /** The part of a picture that the network's input is made of. */
  regionSeen(picture: Picture): RegionSeen {
    const { left, top, width, height } = regionSeen(picture, this.#preprocessing);
    return {
      left: left / picture.width,
      top: top / picture.height,
      width: width / picture.width,
      height: height / picture.height,
    };
  }

  async dispose(): Promise<void> {
    await this.explainer.dispose();
    await this.#program.dispose();
  }
}

interface InspectorParts {
  readonly backend: Backend;
  readonly preprocessing: Preprocessing;
  readonly traces: readonly Trace[];
  readonly about: InsideNetwork;
}

function aboutOf(
  { description, classes }: Inspected,
  { graph, input: picture, output }: Trace,
  input: readonly [number, number, number],
): InsideNetwork {
  const fieldOf = fieldsOf({ graph, input: picture });
  // What no class depends on has no share in one.
  const nodes = prune(graph.nodes, [output]);
  return {
    name: description.name,
    classes: classes ?? Array.from({ length: output.shape[1] }, (_, label) => String(label)),
    input,
    layers: [...layerValues(graph)].map(([layer, value]) => ({
      layer,
      shape: value.shape.slice(1),
      field: fieldOf(value),
    })),
    blocks: aggregationsOf(nodes).map((found) => ({
      ...{ block: found.block, paths: found.paths.length },
      ...blockLayersOf(found, nodes),
    })),
    convolutions: convolutionsOf(graph.nodes),
  };
}
