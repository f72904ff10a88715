/** What many ask for at once, asked for once: the answer on its way, or the last one for as long as it is recent. */
export class Recent<T> {
  readonly #ask: () => Promise<T>;
  readonly #milliseconds: number;
  readonly #now: () => number;
  #answer: Promise<T> | undefined;
  #until = 0;

  constructor(ask: () => Promise<T>, milliseconds: number, now = (): number => performance.now()) {
    this.#ask = ask;
    this.#milliseconds = milliseconds;
    this.#now = now;
  }

  get(): Promise<T> {
    if (this.#answer !== undefined && this.#now() < this.#until) return this.#answer;
    const answer = this.#ask();
    this.#answer = answer;
    // On its way it is as new as can be.
    this.#until = Infinity;
    answer.then(
      () => {
        if (this.#answer === answer) this.#until = this.#now() + this.#milliseconds;
      },
      () => {
        if (this.#answer === answer) this.#answer = undefined;
      },
    );
    return answer;
  }
}
