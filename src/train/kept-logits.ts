/** Keeps logits of pictures as an evaluation gives them, for what needs all of them at once: `evaluate(…, { onLogits: kept.add })`. */
export class KeptLogits {
  readonly #classes: number;
  readonly #logits: Float32Array;
  readonly #labels: Int32Array;
  readonly #indices: Uint32Array;
  #pictures = 0;

  /** Room for so many pictures: 4 bytes for each of their classes. */
  constructor(pictures: number, classes: number) {
    this.#classes = classes;
    this.#logits = new Float32Array(pictures * classes);
    this.#labels = new Int32Array(pictures);
    this.#indices = new Uint32Array(pictures);
  }

  readonly add = (
    logits: Float32Array,
    { index, label }: { readonly index: number; readonly label: number },
  ): void => {
    const at = this.#pictures++;
    this.#logits.set(logits, at * this.#classes);
    this.#labels[at] = label;
    this.#indices[at] = index;
  };

  /** N×K, in the order in which they came. */
  get logits(): Float32Array {
    return this.#logits.subarray(0, this.#pictures * this.#classes);
  }

  get labels(): Int32Array {
    return this.#labels.subarray(0, this.#pictures);
  }

  /** Which pictures of the dataset they are of. */
  get indices(): Uint32Array {
    return this.#indices.subarray(0, this.#pictures);
  }
}
