import type { Backend, Order, Program } from '../backends/backend.ts';
import type { DisposeOptions } from '../base/disposal.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { requireFloats } from '../base/floats.ts';
import { nextTask } from '../base/next-task.ts';
import { inputShape, checkKind, checkOptions, flag, having, type Kinds } from '../base/options.ts';
import { sizeOf } from '../base/shape.ts';
import type { Shape } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { checkModule, type Module } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { planWithin } from '../plan/fit.ts';
import { planInference } from '../plan/plan-inference.ts';
import type { Plan } from '../plan/plan.ts';
import { backendKind } from './arguments.ts';
import { loadWith } from './load-with.ts';
import { writeWeights } from './state.ts';

/** For what input and device a network is compiled. */
export interface CompileOptions {
  /** Input shape N×C×H×W; the program runs for this one only. */
  readonly input: Shape;
  readonly backend: Backend;
  /** Fold batch norms into convolutions. Default true; false only to see what that changes. */
  readonly foldBatchNorm?: boolean;
}

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

  constructor(program: Program) {
    checkKind(
      'CompiledModel',
      'the program',
      program,
      having('a program, as compile loads it', 'take', 'run'),
    );
    this.plan = program.plan;
    this.#program = program;
  }

  /**
   * Logits N×K of a batch of pictures. `input` has the compiled shape's number of elements, N×C×H×W, or N×H×W×C if
   * `order` is that, and may be changed as soon as the call is made. Throws a `CardinalError` if the size differs.
   * @throws {DisposedError} if the model or its backend was disposed of.
   */
  async forward(input: Float32Array, order: Order = 'contiguous'): Promise<Output> {
    const program = this.#program;
    requireFloats(input, `${this.plan.name}: input`);
    const pictures = program.busy ? input.slice() : input;
    const { name, shape } = outputOf(this.plan);
    return await program.take(async () => {
      program.write('input', pictures, order);
      await program.run('forward');
      const data = await program.read(name);
      // However many calls wait, or follow one another, the process answers others in between.
      await nextTask();
      return { shape, data };
    });
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
export async function compile(model: Module, options: CompileOptions): Promise<CompiledModel> {
  checkModule('compile', 'the network', model);
  checkOptions('compile', options, compileKinds, ['input', 'backend']);
  const { input, backend, foldBatchNorm = true } = options;
  sizes('compile', 'input', input, 'N×C×H×W');
  const name = model.displayName ?? model.typeName;
  const planFor = (batch: number) =>
    planInference(trace(model, [batch, ...input.slice(1)], { training: false }), backend, {
      name,
      foldBatchNorm,
    });
  const plan = planWithin(backend, name, input, planFor);
  return new CompiledModel(await loadWith(backend, plan, model.stateDict()));
}

function outputOf(plan: Plan): { readonly name: string; readonly shape: Shape } {
  const output = plan.buffers.find(({ role }) => role === 'output');
  if (output === undefined || sizeOf(output.shape) === 0) throw new Error(`${plan.name}: no output`);
  return output;
}
