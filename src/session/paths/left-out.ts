import { sizeOf } from '../../base/shape.ts';
import type { Aggregation, TransformationPath } from './aggregations.ts';

/** What a path gives, beside what all of a block's paths add up to: both as the block's batch norm scales them, without a bias. */
export interface PathShare {
  /** ‖Tᵢ‖₂ / ‖ΣTⱼ‖₂. */
  readonly norm: number;
  /** ⟨Tᵢ, ΣTⱼ⟩ / ‖ΣTⱼ‖₂². Over the paths of a block it adds up to 1. */
  readonly share: number;
}

/** Numbers of a block for one picture: maps channels-last, weights in PyTorch's order. */
export type NumbersOf = (value: Aggregation['sum']) => Float32Array;

/** Computes one path of a block at a time, in double precision. */
export class LeftOut {
  readonly #numbers: NumbersOf;
  readonly #sum: Float32Array;
  readonly #places: number;
  readonly #channels: number;
  /** Of each channel: the square of the norm's factor, and the bias that the sum has. */
  readonly #squares: Float64Array;
  readonly #bias: Float64Array;
  readonly #whole: number;

  constructor({ sum, biases, norm }: Aggregation, numbers: NumbersOf) {
    this.#numbers = numbers;
    this.#sum = numbers(sum);
    [, this.#channels] = sum.shape;
    this.#places = sizeOf(sum.shape) / this.#channels;
    this.#squares = new Float64Array(this.#channels).fill(1);
    if (norm !== undefined) {
      const [, weight, , , variance] = norm.inputs;
      const [gamma, spread] = [numbers(weight), numbers(variance)];
      const { eps } = norm.attrs;
      this.#squares = this.#squares.map((_, k) => gamma[k] ** 2 / (spread[k] + eps));
    }
    const given = biases.map(numbers);
    this.#bias = new Float64Array(this.#channels).map((_, k) =>
      given.reduce((total, bias) => total + bias[k], 0),
    );
    this.#whole = this.#sum.reduce((total, value, i) => {
      const k = i % this.#channels;
      return total + this.#squares[k] * (value - this.#bias[k]) ** 2;
    }, 0);
  }

  /** Writes the block's sum without a path into `into`, H×W×K, and tells of the path. */
  without(
    { features, start, length, weight, weightStart }: TransformationPath,
    into: Float32Array,
  ): PathShare {
    const channels = this.#channels;
    const sum = this.#sum;
    const read = this.#numbers(features);
    const [, width] = features.shape;
    const columns = columnsOf(this.#numbers(weight), weight.shape[1], {
      start: weightStart,
      length,
      channels,
    });
    const given = new Float64Array(channels);
    let norm = 0;
    let together = 0;
    for (let place = 0; place < this.#places; place++) {
      given.fill(0);
      for (let j = 0; j < length; j++) {
        const feature = read[place * width + start + j];
        // Behind a ReLU many are.
        if (feature === 0) continue;
        for (let k = 0, at = j * channels; k < channels; k++, at++) given[k] += feature * columns[at];
      }
      for (let k = 0, at = place * channels; k < channels; k++, at++) {
        const value = given[k];
        const scaled = this.#squares[k] * value;
        norm += scaled * value;
        together += scaled * (sum[at] - this.#bias[k]);
        into[at] = sum[at] - value;
      }
    }
    const whole = this.#whole;
    return whole === 0 ? { norm: 0, share: 0 } : { norm: Math.sqrt(norm / whole), share: together / whole };
  }
}

/** A path's columns of a weight K×C×1×1, one after the other: d×K. */
function columnsOf(
  weight: Float32Array,
  width: number,
  { start, length, channels }: { start: number; length: number; channels: number },
): Float64Array {
  const columns = new Float64Array(length * channels);
  for (let j = 0; j < length; j++) {
    for (let k = 0; k < channels; k++) columns[j * channels + k] = weight[k * width + start + j];
  }
  return columns;
}
