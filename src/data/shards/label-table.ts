import { CardinalError } from '../../base/errors.ts';
import { shortened } from '../../base/quoted.ts';
import type { SampleLabel } from './labels.ts';

/** Labels as numbers: those that are written, or places among names that are gathered on the way. */
export class LabelTable {
  readonly #names = new Map<string, number>();
  #kind: 'number' | 'string' | undefined;

  /** The names, in the order in which they came; undefined if classes are numbers. */
  get names(): readonly string[] | undefined {
    return this.#kind === 'string' ? [...this.#names.keys()] : undefined;
  }

  /** Throws a `CardinalError` if some classes are numbers and others names; `where` says of which sample. */
  number(label: SampleLabel, where: () => string): number {
    const kind = typeof label === 'number' ? 'number' : 'string';
    this.#kind ??= kind;
    if (this.#kind !== kind) {
      const words = { number: 'the number of a class', string: 'the name of a class' };
      throw new CardinalError(
        `${where()}: expected ${words[this.#kind]}, as before it, got ${typeof label === 'number' ? label : `'${shortened(label)}'`}`,
      );
    }
    if (typeof label === 'number') return label;
    const known = this.#names.get(label) ?? this.#names.size;
    this.#names.set(label, known);
    return known;
  }
}
