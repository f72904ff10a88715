import { callback, checkKind } from '../base/options.ts';
import type { TensorData } from '../base/tensor-data.ts';

/**
 * State that is saved with a module and not trained: the running statistics of batch norm. `num_batches_tracked` is the
 * one 64-bit integer of PyTorch's state dicts and only passes through; networks compute in 32-bit floats.
 */
export class ModuleBuffer {
  readonly #initial: () => TensorData;
  #value: TensorData | undefined;

  constructor(initial: () => TensorData) {
    checkKind('ModuleBuffer', 'its first value', initial, callback);
    this.#initial = initial;
  }

  /** The numbers themselves, not a copy. */
  get value(): TensorData {
    this.#value ??= this.#initial();
    return this.#value;
  }

  set value(value: TensorData) {
    this.#value = value;
  }

  reset(): void {
    this.#value = undefined;
  }
}
