import type { Backend, Order, Program } from '../backends/backend.ts';
import type { DisposeOptions } from '../base/disposal.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { CardinalError } from '../base/errors.ts';
import { requireFloats } from '../base/floats.ts';
import { nextTask } from '../base/next-task.ts';
import { inputShape, isPlain, checkKind, checkOptions, flag, having, type Kinds } from '../base/options.ts';
import { sizeOf } from '../base/shape.ts';
import type { Shape } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { checkModule, type AnyModule } from '../nn/module.ts';
import { areNamed, checkInputs, ofBatch, type InputShapes } from '../nn/several.ts';
import { trace } from '../nn/trace.ts';
import { planWithin } from '../plan/fit.ts';
import { planInference } from '../plan/plan-inference.ts';
import type { Plan } from '../plan/plan.ts';
import { backendKind } from './arguments.ts';
import { loadWith } from './load-with.ts';
import { writeWeights } from './state.ts';

/** For what input and device a network is compiled. */
export interface CompileOptions {
  /** Input shape N×C×H×W; the program runs for this one only. Of a network with several inputs, the shape of each by name. */
  readonly input: Shape | InputShapes;
  readonly backend: Backend;
  /** Fold batch norms into convolutions. Default true; false only to see what that changes. */
  readonly foldBatchNorm?: boolean;
}

/** Numbers of the input, or of several by name. */
export type Inputs = Float32Array | Readonly<Record<string, Float32Array>>;

/** The result of a forward pass, in PyTorch's order. */
export interface Output {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/**
 * A network ready to run on a device, in evaluation mode. Calls may be made at any time: they are served one after another, in
 * their order, and between two of them everything else that waits in the process gets its turn.
 */
export class CompiledModel {
  readonly plan: Plan;
  readonly #program: Program;

  readonly #names: readonly string[];
  readonly #inputs: readonly string[];
  /** Buffers of the plan: an input that the network does not use has none. */
  readonly #used: ReadonlySet<string>;

  /** @param outputs what the network calls them, if there are several; `inputs` likewise */
  constructor(program: Program, outputs?: readonly string[], inputs?: readonly string[]) {
    this.#names = outputs ?? ['logits'];
    checkKind(
      'CompiledModel',
      'the program',
      program,
      having('a program, as compile loads it', 'take', 'run'),
    );
    this.plan = program.plan;
    this.#inputs = inputs ?? this.plan.buffers.flatMap(({ name, role }) => (role === 'input' ? [name] : []));
    this.#used = new Set(this.plan.buffers.map(({ name }) => name));
    this.#program = program;
  }

  /**
   * Logits N×K of a batch of pictures. `input` has the compiled shape's number of elements, N×C×H×W, or N×H×W×C if
   * `order` is that, and may be changed as soon as the call is made. Throws a `CardinalError` if the size differs.
   * @throws {DisposedError} if the model or its backend was disposed of.
   */
  async forward(input: Inputs, order: Order = 'contiguous'): Promise<Output> {
    return this.#run(input, order, async () => {
      const { name, shape } = outputOf(this.plan);
      return { shape, data: await this.#program.read(name) };
    });
  }

  /**
   * All outputs under the names that the network gives them, the main one first; `logits`, `output1` and so on if it gives a list. As
   * `forward` otherwise.
   */
  async outputs(input: Inputs, order: Order = 'contiguous'): Promise<Readonly<Record<string, Output>>> {
    return this.#run(input, order, async () => {
      const called = this.#names.map((name, at) => (at === 0 ? 'logits' : name));
      const data = await this.#program.read(called);
      const shapeOf = (name: string): Shape =>
        this.plan.buffers.find((buffer) => buffer.name === name)?.shape ?? [];
      return Object.fromEntries(
        this.#names.map((name, at) => [name, { shape: shapeOf(called[at]), data: data[at] }]),
      );
    });
  }

  async #run<T>(input: Inputs, order: Order, read: () => Promise<T>): Promise<T> {
    const program = this.#program;
    const inputs: Readonly<Record<string, Float32Array>> = isPlain(input) ? input : { input };
    const pictures = Object.entries(inputs).map(([name, data]): [string, Float32Array] => {
      requireFloats(data, `${this.plan.name}: ${name}`);
      return [name, program.busy ? data.slice() : data];
    });
    this.#requireAll(pictures.map(([name]) => name));
    return await program.take(async () => {
      for (const [name, data] of pictures) if (this.#used.has(name)) program.write(name, data, order);
      await program.run('forward');
      const result = await read();
      // However many calls wait, or follow one another, the process answers others in between.
      await nextTask();
      return result;
    });
  }

  /** Throws a `CardinalError` unless each input is given, and no other. */
  #requireAll(given: readonly string[]): void {
    const names = this.#inputs;
    if (names.length === given.length && names.every((name) => given.includes(name))) return;
    throw new CardinalError(
      `${this.plan.name}: expected the input ${names.join(', ')}, got ${given.join(', ') || 'none'}`,
    );
  }

  /**
   * Takes other weights, by name; calls of `forward` made before have the old ones. Throws a `CardinalError`, and keeps those it has,
   * if a tensor is missing or of another shape.
   * @throws {DisposedError} as `forward`.
   */
  async load(state: StateDict): Promise<void> {
    await writeWeights(this.#program, state);
  }

  /**
   * Frees the program's memory and resolves when it is free. What is being computed is finished first; calls that wait and later
   * ones are refused with a `DisposedError`. With `drain` those that wait are finished, too. May be called again, and then without
   * `drain` to cut the draining short.
   */
  async dispose(options?: DisposeOptions): Promise<void> {
    await this.#program.dispose(options);
  }

  /** For `await using model = await compile(…)`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

const compileKinds: Kinds<CompileOptions> = { input: inputShape, backend: backendKind, foldBatchNorm: flag };

/**
 * Compiles a network for inference with the weights it has now. Throws a `CardinalError` if the input does not suit the
 * network, or if the program does not fit into the backend's memory (it names the largest batch that does).
 */
export async function compile(model: AnyModule, options: CompileOptions): Promise<CompiledModel> {
  checkModule('compile', 'the network', model);
  checkOptions('compile', options, compileKinds, ['input', 'backend']);
  const { input, backend, foldBatchNorm = true } = options;
  if (areNamed(input)) checkInputs('compile', input);
  else sizes('compile', 'input', input, 'N×C×H×W');
  const name = model.displayName ?? model.typeName;
  let names: readonly string[] | undefined;
  const planFor = (batch: number) => {
    const traced = trace(model, ofBatch(input, batch), { training: false });
    ({ names } = traced);
    return planInference(traced, backend, { name, foldBatchNorm });
  };
  const first = areNamed(input) ? Object.values(input)[0] : input;
  const plan = planWithin(backend, name, first, planFor);
  const program = await loadWith(backend, plan, model.stateDict());
  return new CompiledModel(program, names, areNamed(input) ? Object.keys(input) : undefined);
}

function outputOf(plan: Plan): { readonly name: string; readonly shape: Shape } {
  const output = plan.buffers.find(({ role }) => role === 'output');
  if (output === undefined || sizeOf(output.shape) === 0) throw new Error(`${plan.name}: no output`);
  return output;
}
