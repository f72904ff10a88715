/**
 * What takes long to load, by a key that says which and how new it is: at most so many at a time, the one that was not asked for longest
 * goes first.
 */
export class Kept<T> {
  readonly #most: number;
  readonly #end: (value: T) => unknown;
  readonly #found = new Map<string, Promise<T>>();

  constructor(most: number, end: (value: T) => unknown = () => undefined) {
    this.#most = most;
    this.#end = end;
  }

  get(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#found.get(key);
    this.#found.delete(key);
    const value = known ?? load();
    this.#found.set(key, value);
    value.catch(() => {
      if (this.#found.get(key) === value) this.#found.delete(key);
    });
    while (this.#found.size > this.#most) {
      const [first] = this.#found.keys();
      this.drop(first);
    }
    return value;
  }

  drop(key: string): void {
    const value = this.#found.get(key);
    this.#found.delete(key);
    value?.then(this.#end).catch(() => undefined);
  }

  async clear(): Promise<void> {
    const values = [...this.#found.values()];
    this.#found.clear();
    await Promise.allSettled(values.map(async (value) => this.#end(await value)));
  }
}
