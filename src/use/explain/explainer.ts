import type { Backend, Program } from '../../backends/backend.ts';
import { toContiguous } from '../../backends/channels-last.ts';
import { CardinalError, DisposedError } from '../../base/errors.ts';
import { nextTask } from '../../base/next-task.ts';
import { f32, type StateDict } from '../../base/tensor-data.ts';
import { orAborted } from '../../base/until-aborted.ts';
import type { Picture } from '../../data/dataset.ts';
import { preprocess, regionSeen } from '../../data/pipeline.ts';
import type { Preprocessing } from '../../data/preprocessing.ts';
import type { Targets } from '../../data/task.ts';
import type { Trace } from '../../nn/trace.ts';
import { planWithin } from '../../plan/fit.ts';
import { layersOf } from '../../session/activations.ts';
import type { Output } from '../../session/compile.ts';
import { loadWith } from '../../session/load-with.ts';
import { contributionsOf } from '../../session/paths/contributions.ts';
import { answerOf, requireNumbers } from '../answer.ts';
import { taskAnswer } from '../task-answer.ts';
import type { Asked, PictureExplainer } from '../batch/explainer.ts';
import type { Classification } from '../classify-each.ts';
import type { ClassMap, Explanation, Occlusion, PicturePaths } from './explanation.ts';
import { gradCam, resizeMap } from './grad-cam.ts';
import { labelOf } from './label.ts';
import { dropsOf, mapOf, squaresOf } from './occlusion.ts';
import { planExplanation, type ExplanationPlan, type FeatureMap } from './plan-explanation.ts';

/** What explanations of a classifier are made of. */
export interface ExplainerParts {
  readonly name: string;
  readonly backend: Backend;
  /** The classifier's, of a plan that keeps `landmarksOf`. */
  readonly program: Program;
  /** What the program was planned from: of batches of several sizes, the largest first and of one picture last. */
  readonly traces: readonly Trace[];
  readonly classes: readonly string[];
  readonly task?: Targets['task'] | undefined;
  readonly preprocessing: Preprocessing;
  readonly temperature?: number | undefined;
  /** Puts a map and its picture together. */
  readonly explanationOf: (found: ClassMap, picture: Picture) => Promise<Explanation>;
}

/**
 * Explains what a classifier makes of pictures, by the classifier's own program and weights. The backward pass from the logits to the last
 * feature map is a small program beside it, loaded when it is first asked for, with the weights behind that map alone.
 */
export class Explainer implements PictureExplainer {
  readonly #parts: ExplainerParts;
  #planned: ExplanationPlan | undefined;
  #backward: Promise<Program> | undefined;
  #disposed = false;

  constructor(parts: ExplainerParts) {
    this.#parts = parts;
  }

  /**
   * Grad-CAM of a class (Selvaraju et al. 2017). Throws a `CardinalError` if the network has no feature map or gives no numbers for
   * the picture, a `UsageError` if there is no such class.
   */
  async explain(picture: Picture, { label, signal }: Asked): Promise<Explanation> {
    const { name, preprocessing, explanationOf } = this.#parts;
    const wanted = this.#wanted(label);
    const { batch, map: found } = this.#plan();
    if (found === undefined) {
      throw new CardinalError(
        `${name} cannot be explained: it has no feature map, whose places would be places of the picture`,
      );
    }
    const [logits, activations, ...inputs] = await this.#forward(picture, signal, [
      ...[batch.logits, found.activations],
      ...found.inputs,
    ]);
    const answer = this.#answer(logits, wanted);
    const gradient = await this.#gradient(found, inputs, answer.label, signal);
    const cam = gradCam(activations, gradient, found.channels);
    const [height, width] = preprocessing.size;
    const map = resizeMap(cam, found, { width, height });
    return explanationOf(
      { ...answer, map, width, height, region: regionSeen(picture, preprocessing) },
      picture,
    );
  }

  /**
   * What a class loses while a grey square covers a part of the picture (Zeiler and Fergus 2014, section 4.2), wherever that is put. Throws
   * a `UsageError` if there is no such class or the square is too large.
   */
  async occlusion(
    picture: Picture,
    {
      label,
      size,
      stride,
      measure,
      batches,
      onProgress,
      signal,
    }: Parameters<PictureExplainer['occlusion']>[1],
  ): Promise<Occlusion> {
    const { preprocessing, explanationOf } = this.#parts;
    const wanted = this.#wanted(label);
    const squares = squaresOf(preprocessing, { size, stride });
    const [height, width] = preprocessing.size;
    await nextTask();
    signal.throwIfAborted();
    const input = preprocess(picture, preprocessing);
    const answer = this.#answer(await batches.logits(input), wanted);
    const score = (logits: Float32Array): number =>
      measure === 'logit' ? logits[answer.label] : this.#answer(logits, answer.label).probability;
    const drops = await dropsOf(input, width, squares, { batches, score, onProgress });
    const map = mapOf(drops, squares, { height, width });
    const region = regionSeen(picture, preprocessing);
    const { tops, lefts } = squares;
    return {
      ...(await explanationOf({ ...answer, map, width, height, region }, picture)),
      ...{ drops, rows: tops.length, columns: lefts.length, size: squares.size, stride: squares.stride },
    };
  }

  /** What layers give. Throws a `UsageError` if there is no such layer, a `CardinalError` if no class depends on one. */
  async activations(
    picture: Picture,
    { layers, signal }: Parameters<PictureExplainer['activations']>[1],
  ): Promise<Readonly<Record<string, Output>>> {
    const { name, backend } = this.#parts;
    const { graph } = this.#alone();
    const input = await this.#contiguousInput(picture, signal);
    return layersOf({ name, graph, backend, signal, state: (names) => this.#state(names) }, input, layers);
  }

  /** What each path of the network's blocks contributes to a class. */
  async pathContributions(
    picture: Picture,
    { label, blocks, onProgress, signal }: Parameters<PictureExplainer['pathContributions']>[1],
  ): Promise<PicturePaths> {
    const { name, traces, backend, preprocessing } = this.#parts;
    const wanted = this.#wanted(label);
    await nextTask();
    signal.throwIfAborted();
    const input = preprocess(picture, preprocessing);
    const { logits, ...found } = await contributionsOf(
      { name, traces, backend, state: (names) => this.#state(names) },
      input,
      { label: wanted, blocks, signal, onProgress },
    );
    return { ...this.#answer(logits, found.label), ...found };
  }

  /** What the last linear layer makes the logits of: D numbers. Throws a `CardinalError` if the network has none. */
  async features(picture: Picture, { signal }: { readonly signal: AbortSignal }): Promise<Float32Array> {
    const { embedding } = this.#plan();
    if (embedding === undefined) {
      throw new CardinalError(
        `${this.#parts.name} has no features: they are what its last Linear reads, and it has none`,
      );
    }
    const [features] = await this.#forward(picture, signal, [embedding]);
    return features;
  }

  /** Frees what was loaded, after what it computes now; whatever waits is refused with a `DisposedError`. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const backward = await this.#backward?.catch(() => undefined);
    await backward?.dispose();
  }

  #wanted(label: number | string | undefined): number | undefined {
    return label === undefined ? undefined : labelOf(label, this.#parts.classes);
  }

  /** The class that is wanted, or the most likely one. */
  #answer(logits: Float32Array, wanted: number | undefined): Classification {
    const { name, classes, task, temperature } = this.#parts;
    const answers =
      task === undefined
        ? answerOf(name, logits, classes.length, classes, temperature)
        : taskAnswer(task, name, requireNumbers(name, logits), classes.length, classes);
    return answers.find((one) => one.label === wanted) ?? answers[0];
  }

  #alone(): Trace {
    const { traces } = this.#parts;
    return traces[traces.length - 1];
  }

  async #contiguousInput(picture: Picture, signal: AbortSignal): Promise<Float32Array> {
    const { preprocessing } = this.#parts;
    await nextTask();
    signal.throwIfAborted();
    const shape = [1, preprocessing.channels, ...preprocessing.size];
    return toContiguous(preprocess(picture, preprocessing), shape);
  }

  /** Weights, as the classifier's program has them. */
  async #state(names: readonly string[]): Promise<StateDict> {
    const { name, program } = this.#parts;
    const shapes = new Map(program.plan.buffers.map((buffer) => [buffer.name, buffer.shape]));
    const missing = names.find((one) => !shapes.has(one));
    if (missing !== undefined) {
      throw new CardinalError(
        `${name}: '${missing}' is not among the classifier's weights, because no class depends on it; cardinal-nn's activations(model, …) has all layers`,
      );
    }
    const tensors = await program.take(() => program.read(names));
    return new Map(names.map((one, index) => [one, f32(shapes.get(one) ?? [], tensors[index])]));
  }

  #plan(): ExplanationPlan {
    const { program, backend } = this.#parts;
    return (this.#planned ??= planExplanation(program.plan, backend));
  }

  /** What the classifier's program computes of a picture, buffers by name, in a turn among its batches. */
  async #forward(picture: Picture, signal: AbortSignal, names: readonly string[]): Promise<Float32Array[]> {
    const { program, preprocessing } = this.#parts;
    const { batch } = this.#plan();
    // Resizing and computing keep the thread busy: before either, what waits in the process goes first.
    await nextTask();
    signal.throwIfAborted();
    const input = preprocess(picture, preprocessing);
    const turn = program.take(async () => {
      await nextTask();
      signal.throwIfAborted();
      program.write(batch.input, input, 'channels_last');
      await program.run(batch.forward);
      return program.read(names, 'channels_last');
    });
    return orAborted(turn, signal);
  }

  /** The gradient of a class's logit with respect to the feature map, channels last. */
  async #gradient(
    { inputs, logitWeights, gradient }: FeatureMap,
    values: readonly Float32Array[],
    label: number,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const program = await orAborted((this.#backward ??= this.#load()), signal);
    const turn = program.take(async () => {
      signal.throwIfAborted();
      inputs.forEach((name, index) => {
        program.write(name, values[index], 'channels_last');
      });
      const weights = this.#parts.classes.map((_, of) => (of === label ? 1 : 0));
      program.write(logitWeights, Float32Array.from(weights));
      await program.run('gradient');
      return program.read(gradient, 'channels_last');
    });
    return orAborted(turn, signal);
  }

  async #load(): Promise<Program> {
    try {
      // What fails at once would be forgotten before it is noted.
      await nextTask();
      const { name, backend, program } = this.#parts;
      const { map, batch } = this.#plan();
      if (map === undefined) throw new Error(`${name} has no feature map`);
      const shape = program.plan.buffers.find((buffer) => buffer.name === batch.input)?.shape ?? [];
      const plan = planWithin(backend, `explanations by ${name}`, shape, () => map.plan);
      const needed = plan.buffers.filter(({ role }) => role === 'parameter' || role === 'buffer');
      const tensors = await program.read(needed.map((buffer) => buffer.name));
      const state = new Map(needed.map((buffer, index) => [buffer.name, f32(buffer.shape, tensors[index])]));
      const backward = await loadWith(backend, plan, state, nextTask);
      if (!this.#disposed) return backward;
      await backward.dispose();
      throw new DisposedError(`the classifier of ${name} was disposed of; make another to use it`);
    } catch (error) {
      // Another call may find memory.
      this.#backward = undefined;
      throw error;
    }
  }
}
