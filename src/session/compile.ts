import type { Backend, Order, Program } from '../backends/backend.ts';
import type { StateDict } from '../base/tensor-data.ts';
import { CardinalError } from '../base/errors.ts';
import { anything, checkOptions, flag, type Kinds } from '../base/options.ts';
import { formatShape, sizeOf, type Shape } from '../graph/value.ts';
import { sizes } from '../nn/arguments.ts';
import { checkModule, type Module } from '../nn/module.ts';
import { trace } from '../nn/trace.ts';
import { largestFit } from '../plan/fit.ts';
import { planInference } from '../plan/inference.ts';
import type { Plan } from '../plan/plan.ts';
import { backendKind } from './arguments.ts';
import { writeWeights } from './state.ts';

export interface CompileOptions {
  /** Input shape N×C×H×W; the program runs for this one only. */
  readonly input: Shape;
  readonly backend: Backend;
  /** Multiply batch norms into convolutions. Default true; false only to look at what that changes. */
  readonly foldBatchNorm?: boolean;
}

/** The result of a forward pass, in PyTorch's order. */
export interface Output {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** A network ready to run on a device, in evaluation mode. */
export class CompiledModel {
  readonly plan: Plan;
  readonly #program: Program;

  constructor(program: Program) {
    this.plan = program.plan;
    this.#program = program;
  }

  /**
   * Logits N×K of a batch of pictures. `input` has the compiled shape's number of elements, N×C×H×W, or N×H×W×C if
   * `order` says so. Throws a `CardinalError` if the size differs.
   */
  async forward(input: Float32Array, order: Order = 'contiguous'): Promise<Output> {
    this.#program.write('input', input, order);
    await this.#program.run('forward');
    const { shape } = outputOf(this.plan);
    return { shape, data: await this.#program.read(outputOf(this.plan).name) };
  }

  /** Takes other weights, by name. */
  async load(state: StateDict): Promise<void> {
    await writeWeights(this.#program, state);
  }

  /** Frees the program's memory. */
  dispose(): void {
    this.#program.dispose();
  }
}

const compileKinds: Kinds<CompileOptions> = { input: anything, backend: backendKind, foldBatchNorm: flag };

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
  const program = await backend.load(plan);
  await writeWeights(program, model.stateDict());
  return new CompiledModel(program);
}

/** The plan for all of `input`'s batch. Throws a `CardinalError` with the largest batch that fits if this one does not. */
export function planWithin(
  backend: Backend,
  name: string,
  input: Shape,
  planFor: (batch: number) => Plan,
): Plan {
  const plan = planFor(input[0]);
  if (plan.peakBytes <= backend.maxBytes) return plan;
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  const fits = largestFit(input[0], backend.maxBytes, planFor);
  const advice = fits === 0 ? 'use smaller pictures' : `use a batch of at most ${fits}`;
  throw new CardinalError(
    `${name}: expected a program within ${gibibytes(backend.maxBytes)} (${backend.name}), got ${gibibytes(plan.peakBytes)} for input ${formatShape(input)}; ${advice}`,
  );
}

function outputOf(plan: Plan): { readonly name: string; readonly shape: Shape } {
  const output = plan.buffers.find(({ role }) => role === 'output');
  if (output === undefined || sizeOf(output.shape) === 0) throw new Error(`${plan.name}: no output`);
  return output;
}
