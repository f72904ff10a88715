import { CardinalError } from '../base/errors.ts';
import { callback, checkKind } from '../base/options.ts';
import { Rng } from '../base/rng.ts';
import { sizeOf } from '../base/shape.ts';
import { formatShape, type Shape } from '../graph/value.ts';
import { sizes } from './arguments.ts';

/** Draws the initial values of a tensor, in PyTorch's (contiguous) order. */
export type Initializer = (shape: Shape, rng: Rng) => Float32Array;

/**
 * A tensor that is trained, unless `requiresGrad` is false. It knows its shape and its initialiser, and draws its
 * values only when `data` is read, so a network of 89M parameters is built, counted and summarised without allocating
 * anything.
 */
export class Parameter {
  static #created = 0;

  readonly shape: Shape;
  /**
   * PyTorch's `requires_grad`: false freezes the parameter, so that training computes no gradient of it and leaves its
   * numbers as they are. It is read when a network is traced. `freeze` sets it for whole modules; a `BatchNorm2d` whose two
   * parameters are frozen also keeps its running statistics, which PyTorch's flag alone does not do.
   */
  requiresGrad = true;
  #initializer: Initializer;
  #stream: () => Rng;
  #data: Float32Array | undefined;

  constructor(shape: Shape, initializer: Initializer) {
    sizes('Parameter', 'its shape', shape, 'K×…');
    checkKind('Parameter', 'its initializer', initializer, callback);
    this.shape = shape;
    this.#initializer = initializer;
    // Until `Module.initialize` gives it a seed and a name, what it draws depends on the order of creation, as with
    // PyTorch's global generator.
    const order = Parameter.#created++;
    this.#stream = () => Rng.of(0, 'parameter', order);
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The numbers themselves, not a copy; drawn at the first call. */
  get data(): Float32Array {
    this.#data ??= this.#initializer(this.shape, this.#stream());
    return this.#data;
  }

  set data(data: Float32Array) {
    if (data.length !== this.size) {
      throw new CardinalError(
        `parameter: expected ${this.size} numbers for ${formatShape(this.shape)}, got ${data.length}`,
      );
    }
    this.#data = data;
  }

  /** Replaces how the numbers are drawn and forgets those drawn so far: what every function of `init` does. */
  set initializer(initializer: Initializer) {
    this.#initializer = initializer;
    this.#data = undefined;
  }

  /** Forgets the numbers drawn so far; the next are drawn from `stream`. */
  reseed(stream: () => Rng): void {
    this.#stream = stream;
    this.#data = undefined;
  }
}
