import { described } from '../base/described.ts';
import { CardinalError, UsageError } from '../base/errors.ts';
import { checkOptions, flag } from '../base/options.ts';
import { Graph } from '../graph/graph.ts';
import { formatShape, type Shape, type Value } from '../graph/value.ts';
import { sizes } from './arguments.ts';
import type { ModuleBuffer } from './buffer.ts';
import { checkModule, type AnyModule } from './module.ts';
import type { Parameter } from './parameter.ts';
import {
  areNamed,
  checkInputs,
  mainOf,
  namedOutputs,
  recordOutputs,
  type InputShapes,
  type Outputs,
} from './several.ts';
import { checkValue, withTracing, type Traceable, type Tracing } from './tracing.ts';

/** A network's computation on an input of one shape. */
export interface Trace {
  readonly graph: Graph;
  /** The graph's input named `input`. */
  readonly input: Value;
  /** The value named `logits`. */
  readonly output: Value;
  /** Of a network with several inputs or outputs all of them, the first as above, and what outputs are called by the network. */
  readonly inputs?: readonly Value[] | undefined;
  readonly outputs?: readonly Value[] | undefined;
  readonly names?: readonly string[] | undefined;
}

/** How a network is traced. */
export interface TraceOptions {
  /** Batch norm with the batch's statistics (unless it is frozen) and dropout, or as the network is used afterwards. */
  readonly training: boolean;
}

/**
 * Records what `model` does to an input of `inputShape` (N×C×H×W, or N×F), without computing anything. Parameters and
 * buffers carry PyTorch's names. Throws a `CardinalError`, with the path of the module in front, if the shapes do not fit;
 * if the picture is too small, it gives the smallest that fits. A network with several inputs has the shape of each by name, in the order in which
 * its `forward` takes them; one that gives several values names them in `outputs`.
 */
export function trace(model: AnyModule, inputShape: Shape | InputShapes, options: TraceOptions): Trace {
  checkModule('trace', 'the network', model);
  checkOptions('trace', options, { training: flag }, ['training']);
  const { training } = options;
  const owner = model.displayName ?? model.typeName;
  if (areNamed(inputShape)) {
    checkInputs(owner, inputShape);
    return record(model, inputShape, training);
  }
  sizes(owner, 'the input shape', inputShape, 'N×C×H×W');
  if (inputShape.length < 2) {
    throw new CardinalError(
      `${owner}: expected an input shape N×C×H×W, the batch first, got ${described(inputShape)}`,
    );
  }
  try {
    return record(model, inputShape, training);
  } catch (error) {
    // Of another size it would be as wrong.
    if (error instanceof UsageError) throw new UsageError(`${owner}: ${error.message}`);
    if (!(error instanceof CardinalError)) throw error;
    const smallest = smallestInput(model, inputShape, training);
    if (smallest === undefined) throw new CardinalError(`${owner}: ${error.message}`);
    const [, ...given] = inputShape;
    throw new CardinalError(
      `${owner}: input ${formatShape(given)} is too small: ${error.message}; the smallest that fits is ${formatShape(smallest)}`,
    );
  }
}

function record(model: AnyModule, inputShape: Shape | InputShapes, training: boolean): Trace {
  const graph = new Graph();
  const named = areNamed(inputShape) ? Object.entries(inputShape) : [['input', inputShape] as const];
  const inputs = named.map(([name, shape]) => graph.input(name, shape));
  const tracing = new Recorder(model, graph, training);
  const given = withTracing(tracing, () => model(...inputs));
  const several = namedOutputs(graph, given);
  const { output, ...rest } = several ? recordOutputs(graph, several) : { output: mainOf(graph, given) };
  if (output.role !== 'computed') {
    throw new CardinalError(
      `expected forward to compute something, got back its ${output.role} ${output.name}`,
    );
  }
  // The network's last op cannot know that it is the last, so its output is named here.
  Object.assign(output, { name: 'logits' });
  return { graph, input: inputs[0], output, ...(several || inputs.length > 1 ? { inputs, ...rest } : {}) };
}

/** [C, S, S] for the least S at which the network works, if it is larger than the picture given; found by bisection. */
function smallestInput(model: AnyModule, inputShape: Shape, training: boolean): Shape | undefined {
  if (inputShape.length !== 4) return undefined;
  const [n, c, h, w] = inputShape;
  const works = (size: number) => {
    try {
      record(model, [n, c, size, size], training);
      return true;
    } catch {
      return false;
    }
  };
  let tooSmall = Math.min(h, w);
  let enough = 1024;
  if (!works(enough)) return undefined;
  while (enough - tooSmall > 1) {
    const middle = Math.floor((tooSmall + enough) / 2);
    if (works(middle)) enough = middle;
    else tooSmall = middle;
  }
  return [c, enough, enough];
}

class Recorder implements Tracing {
  readonly graph: Graph;
  readonly training: boolean;
  readonly #paths: Map<Traceable, string>;
  readonly #names: Map<Parameter | ModuleBuffer, string>;
  readonly #values = new Map<Parameter | ModuleBuffer, Value>();
  /** Paths of the modules whose `forward` runs now, outermost first. */
  readonly #calls: string[] = [];
  #seed: Value | undefined;
  #streams = 0;

  constructor(model: AnyModule, graph: Graph, training: boolean) {
    this.graph = graph;
    this.training = training;
    this.#paths = new Map(model.namedModules().map(([path, module]) => [module, path]));
    this.#names = new Map(
      [...model.namedParameters(), ...model.namedBuffers()].map(([name, tensor]) => [tensor, name]),
    );
  }

  call(module: Traceable, inputs: readonly Value[]): Outputs {
    const caller = this.#calls.at(-1);
    const prefix = caller === undefined || caller === '' ? '' : `${caller}.`;
    const path = this.#paths.get(module) ?? prefix + module.typeName;
    this.#calls.push(path);
    try {
      // Scopes nest by calls: the graph puts the caller's path in front again.
      const segment = path.startsWith(prefix) ? path.slice(prefix.length) : path;
      const forward = () => this.#forward(module, path, inputs);
      return this.graph.withScope(segment, module.typeName, forward, (output) => mainOf(this.graph, output));
    } finally {
      this.#calls.pop();
    }
  }

  /** `forward`, checked against its types, because a class may be plain JavaScript. */
  #forward(module: Traceable, path: string, inputs: readonly Value[]): Outputs {
    const what = path === '' ? 'the network' : path;
    const forward: unknown = Reflect.get(module, 'forward');
    if (typeof forward !== 'function') throw new UsageError(`${what}: has no method forward`);
    if (inputs.length < forward.length) {
      const one = path === '' ? 'a network gets one, its pictures' : `it was called with ${inputs.length}`;
      throw new UsageError(`${what}: its forward takes ${forward.length} inputs, but ${one}`);
    }
    inputs.forEach((input, index) => {
      checkValue(what, inputs.length === 1 ? 'its input' : `input ${index + 1}`, this, input);
    });
    const output: unknown = module.forward(...inputs);
    if (this.graph.owns(output) || namedOutputs(this.graph, output)) return output as Outputs;
    const advice = output === undefined ? ': is a return missing?' : '';
    throw new UsageError(
      `${what}: expected its forward to give one value, what a module or a function of F gave, got ${described(output)}${advice}`,
    );
  }

  parameter(parameter: Parameter): Value {
    const frozen = !parameter.requiresGrad;
    return this.#value(parameter, (name) => this.graph.parameter(name, parameter.shape, { frozen }));
  }

  buffer(buffer: ModuleBuffer, shape: Shape): Value {
    return this.#value(buffer, (name) => this.graph.buffer(name, shape));
  }

  dropout(): { readonly seed: Value; readonly stream: number } {
    this.#seed ??= this.graph.input('dropout_seed', [1]);
    return { seed: this.#seed, stream: ++this.#streams };
  }

  #value(tensor: Parameter | ModuleBuffer, create: (name: string) => Value): Value {
    const known = this.#values.get(tensor);
    if (known !== undefined) return known;
    const name = this.#names.get(tensor);
    if (name === undefined) {
      throw new CardinalError(
        `${this.#calls.at(-1) ?? ''}: uses a parameter that belongs to no attribute of the network; assign its module to one in the constructor`,
      );
    }
    const value = create(name);
    this.#values.set(tensor, value);
    return value;
  }
}
