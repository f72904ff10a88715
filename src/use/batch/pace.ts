/** Of the newest run in an average. */
const weight = 0.25;
/** Seconds that a caller is asked to wait where nothing was computed yet. */
const unknown = 1;

/** How fast pictures are computed, by the runs so far; newer ones count more. */
export class Pace {
  #millisecondsEach: number | undefined;
  /** Milliseconds of a run, by the size of its batch. */
  readonly #runs = new Map<number, number>();

  /** A run of a batch of this size, with so many pictures in it, took so long. */
  note(size: number, pictures: number, milliseconds: number): void {
    this.#millisecondsEach = averaged(this.#millisecondsEach, milliseconds / pictures);
    this.#runs.set(size, averaged(this.#runs.get(size), milliseconds));
  }

  /** How long so many pictures take. */
  secondsFor(pictures: number): number {
    return this.#millisecondsEach === undefined ? unknown : (pictures * this.#millisecondsEach) / 1000;
  }

  /**
   * Which of these sizes of batches, smallest first, answers the most of so many waiting pictures in the same time: the smallest that holds
   * them all, or the largest that they fill. What has not been seen counts as if every row took the same time: then an empty one is waste.
   */
  sizeFor(waiting: number, sizes: readonly number[]): number | undefined {
    const holding = sizes.find((size) => size >= waiting);
    const full = sizes.findLast((size) => size <= waiting);
    if (holding === undefined || full === undefined) return holding ?? full;
    const [padded, filled] = [this.#runs.get(holding), this.#runs.get(full)];
    const isFaster = padded !== undefined && filled !== undefined && waiting / padded > full / filled;
    return isFaster ? holding : full;
  }
}

function averaged(before: number | undefined, now: number): number {
  return before === undefined ? now : before + weight * (now - before);
}
