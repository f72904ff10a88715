/** What came of the last question that was answered. */
export type Answer<T> = { readonly value: T } | { readonly error: string };

/**
 * Answers questions one at a time. While one is being answered only the newest waits: a control that is dragged never has more
 * than two in the way. Answers are kept, and given at once when they are asked for again.
 */
export class Newest<Q, A> {
  readonly #answer: (question: Q) => Promise<A>;
  readonly #told: (answer: Answer<A>) => void;
  readonly #kept = new Map<string, Answer<A>>();
  /** The one that waits: none or one. */
  #waiting: Q[] = [];
  #isBusy = false;
  /** Key of what was asked last. */
  #last = '';

  constructor(answer: (question: Q) => Promise<A>, told: (answer: Answer<A>) => void) {
    this.#answer = answer;
    this.#told = told;
  }

  ask(question: Q): void {
    this.#last = JSON.stringify(question);
    const kept = this.#kept.get(this.#last);
    this.#waiting = kept === undefined ? [question] : [];
    if (kept !== undefined) this.#told(kept);
    else if (!this.#isBusy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let question = this.#waiting.pop(); question !== undefined; question = this.#waiting.pop()) {
      const asked = question;
      const answer = await this.#answer(asked).then(
        (value): Answer<A> => ({ value }),
        (error: unknown): Answer<A> => ({ error: error instanceof Error ? error.message : String(error) }),
      );
      const key = JSON.stringify(asked);
      this.#keep(key, answer);
      // It comes too late where what was asked after it has been answered already.
      if (key === this.#last || this.#waiting.length > 0) this.#told(answer);
    }
    this.#isBusy = false;
  }

  #keep(key: string, answer: Answer<A>): void {
    this.#kept.set(key, answer);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > mostKept) this.#kept.delete(oldest);
  }
}

const mostKept = 100;
