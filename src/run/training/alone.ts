/** Stands for `together.ts` in the engine of a page that trains: it is the only rank. */
export async function alone<T>(_: undefined, work: () => T | Promise<T>): Promise<T> {
  return work();
}

export { alone as fromFirst, alone as onAll };
