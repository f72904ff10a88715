/** A line of a chart: a number over the epochs that were done by then, so that runs of different batches can be compared. */
export interface Line {
  readonly epochs: Float64Array;
  readonly values: Float64Array;
}

/** Points of a line, at least, before neighbours are drawn together; it has at most twice as many. A chart has no more pixels. */
const fewest = 300;

/**
 * A line that grows for ever and never has more than `2 × fewest` points: each is the mean of so many neighbours, at the last of them, and
 * when there are too many, pairs become one. What is not finite is left out, so the line has a gap there. The same numbers come to the same
 * line, in whatever pieces they come.
 */
export class GrowingLine {
  readonly #fewest: number;
  #points: Bucket[] = [];
  /** Numbers that a point is the mean of. */
  #each = 1;

  constructor(least = fewest) {
    this.#fewest = least;
  }

  add(epochs: number, value: number): void {
    let last = this.#points.at(-1);
    if (last === undefined || last.added >= this.#each) {
      if (this.#points.length >= 2 * this.#fewest) this.#halve();
      last = { epochs, sum: 0, finite: 0, added: 0 };
      this.#points.push(last);
    }
    last.added++;
    if (Number.isFinite(epochs)) last.epochs = epochs;
    if (!Number.isFinite(epochs) || !Number.isFinite(value)) return;
    last.finite++;
    last.sum += value;
  }

  get line(): Line {
    const there = this.#points.filter(({ finite }) => finite > 0);
    return {
      epochs: Float64Array.from(there, ({ epochs }) => epochs),
      values: Float64Array.from(there, ({ sum, finite }) => sum / finite),
    };
  }

  #halve(): void {
    const halved: Bucket[] = [];
    for (let at = 0; at < this.#points.length; at += 2) {
      const [first, second] = this.#points.slice(at, at + 2);
      halved.push({
        epochs: second.epochs,
        sum: first.sum + second.sum,
        finite: first.finite + second.finite,
        added: first.added + second.added,
      });
    }
    this.#points = halved;
    this.#each *= 2;
  }
}

interface Bucket {
  epochs: number;
  sum: number;
  finite: number;
  /** With those that are not finite. */
  added: number;
}
